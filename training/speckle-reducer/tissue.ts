import type { Random } from '@photopeak/phantom';

/** Drawn tissue of two dimensions: what echoes, and which leaf each place belongs to. */
export interface DrawnTissue {
  readonly size: number;
  /** Mean squared echo of each place. */
  readonly echogenicity: Float32Array;
  /** Number of the leaf that is on top. */
  readonly leaf: Uint16Array;
}

/** Half axes, pixels: many small leaves, few large. */
const RADIUS = [4, 90] as const;
const MOST_LEAVES = 30;
/** Interfaces: thin, bright. */
const MOST_LINES = 5;
/** Of the logarithm of the squared echo, from leaf to leaf. */
const SPREAD = 1.1;
/** Cysts and vessels. */
const ANECHOIC = 0.25;
/** Pictures of one tissue. */
const UNIFORM = 0.12;

type Inside = (x: number, y: number) => boolean;

function turned(random: Random, x0: number, y0: number): (x: number, y: number) => [number, number] {
  const angle = random.between(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => [(x - x0) * c + (y - y0) * s, (y - y0) * c - (x - x0) * s];
}

/** An ellipse, a rectangle with round corners, a band, half of the picture, or an outline that bulges. */
function leafOf(size: number, random: Random): Inside {
  const at = turned(random, random.uniform() * size, random.uniform() * size);
  const a = RADIUS[0] * (RADIUS[1] / RADIUS[0]) ** random.uniform();
  const b = Math.max(RADIUS[0], a * random.between(0.3, 1));
  const kind = random.uniform();
  if (kind < 0.08) return (x, y) => at(x, y)[0] > 0;
  if (kind < 0.2) {
    const width = random.between(3, 14);
    return (x, y) => Math.abs(at(x, y)[1]) < width;
  }
  if (kind < 0.4) {
    return (x, y) => {
      const [u, v] = at(x, y);
      return (u / a) ** 8 + (v / b) ** 8 < 1;
    };
  }
  const bulges = kind < 0.65 ? random.between(0.1, 0.35) : 0;
  const [count, phase] = [random.integer(2, 6), random.between(0, 6)];
  return (x, y) => {
    const [u, v] = at(x, y);
    const radius = 1 + (bulges === 0 ? 0 : bulges * Math.sin(count * Math.atan2(v, u) + phase));
    return (u / a) ** 2 + (v / b) ** 2 < radius * radius;
  };
}

/** A bright interface, slightly bent. */
function lineOf(size: number, random: Random): Inside {
  const at = turned(random, random.uniform() * size, random.uniform() * size);
  const [half, length, bend] = [
    random.between(0.5, 2),
    random.between(15, 140),
    random.between(-0.004, 0.004),
  ];
  return (x, y) => {
    const [u, v] = at(x, y);
    return Math.abs(u) < length && Math.abs(v - bend * u * u) < half;
  };
}

/** Waves that tissue and gain add to the logarithm of the echo. */
function waves(
  size: number,
  amplitude: number,
  lengthPx: readonly [number, number],
  random: Random,
): Float32Array {
  const sum = new Float32Array(size * size);
  for (let n = 0; n < 6; n++) {
    const length = lengthPx[0] * (lengthPx[1] / lengthPx[0]) ** random.uniform();
    const [angle, phase] = [random.between(0, 2 * Math.PI), random.between(0, 2 * Math.PI)];
    const [kx, ky] = [(2 * Math.PI * Math.cos(angle)) / length, (2 * Math.PI * Math.sin(angle)) / length];
    const part = amplitude / Math.sqrt(3);
    for (let at = 0; at < sum.length; at++)
      sum[at]! += part * Math.sin(kx * (at % size) + ky * Math.floor(at / size) + phase);
  }
  return sum;
}

/** Leaves that cover each other, of any echogenicity, with bright interfaces, texture and uneven gain; no anatomy. */
export function drawnTissue(size: number, random: Random): DrawnTissue {
  const area = size * size;
  const leaf = new Uint16Array(area);
  const logs: number[] = [random.between(-0.5, 0.5)];
  const paint = (inside: Inside, log: number) => {
    const number = logs.push(log) - 1;
    for (let at = 0; at < area; at++)
      if (inside((at % size) + 0.5, Math.floor(at / size) + 0.5)) leaf[at] = number;
  };
  const echoOfLeaf = () =>
    random.uniform() < ANECHOIC ? Math.log(0.005 * 20 ** random.uniform()) : SPREAD * random.normal();
  if (random.uniform() >= UNIFORM) {
    const leaves = Array.from({ length: random.integer(2, MOST_LEAVES) }, () => leafOf(size, random));
    for (const one of leaves) paint(one, echoOfLeaf());
    const lines = random.uniform() < 0.5 ? random.integer(1, MOST_LINES) : 0;
    for (let n = 0; n < lines; n++) paint(lineOf(size, random), Math.log(5) + 2.3 * random.uniform());
  }
  const gain = waves(size, random.uniform() ** 2, [250, 900], random);
  const grain = waves(size, 0.5 * random.uniform() ** 2, [24, 120], random);
  const hasGrain = logs.map(() => random.uniform() < 0.5);
  const echogenicity = Float32Array.from(leaf, (number, at) =>
    Math.exp(logs[number]! + gain[at]! + (hasGrain[number] ? grain[at]! : 0)),
  );
  return { size, echogenicity, leaf };
}
