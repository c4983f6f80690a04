import {
  dentalScene,
  type Layer,
  type LayeredMetalScene,
  type PelvisMaterial,
  pelvisScene,
  type Random,
  spineScene,
  withoutMetal,
} from '@photopeak/phantom';
import type { MetalPair } from '../../bench/reconstruction/metal-case.ts';

type Parts = Layer<PelvisMaterial>['parts'];

export interface DrawnMetal {
  readonly pair: MetalPair;
  /** What it is about as wide as, mm. */
  readonly widthMm: number;
}

export const METAL_KINDS = 12;

/**
 * A slice with metal: of twelve kinds, two each are a pelvis with hips, a vertebra with screws and teeth with fillings, of the
 * families that reports are made on; one each is the two latter with metal of any kind anywhere; four are bodies of no
 * anatomy. All but the pelvis are turned and moved.
 */
export function drawnMetal(random: Random, seed: number, kind: number): DrawnMetal {
  if (kind < 2) return { pair: pelvisScene(seed), widthMm: 384 };
  const isAny = kind >= 6;
  const [widthMm, scene] =
    kind === 2 || kind === 3 || kind === 6
      ? ([350, spineScene(seed)] as const)
      : kind < 8
        ? ([200, dentalScene(seed)] as const)
        : anyBody(random);
  const body = withoutMetal(scene);
  const metal = isAny ? anyMetal(random, body) : scene.filter((layer) => !body.includes(layer));
  const moved = move(random, kind < 8 ? 0.5 : Math.PI, 10);
  const without = body.map(moved);
  return { pair: { withMetal: [...without, ...metal.map(moved)], without }, widthMm: widthMm + 20 };
}

const ellipse = (
  x: number,
  y: number,
  a: number,
  b: number,
  turnRad: number,
  parts: Parts,
): Layer<PelvisMaterial> => ({
  shape: { center: [x, y, 0], halfAxesMm: [a, b, 1e6], turnRad },
  parts,
});

const turn = (random: Random) => random.between(-Math.PI / 2, Math.PI / 2);

/** Fat around muscle, organs of any size, bones with marrow, gas. */
function anyBody(random: Random): readonly [number, LayeredMetalScene] {
  const a = random.between(70, 175);
  const b = a * random.between(0.6, 1);
  const shell = a * random.between(0.03, 0.2);
  const layers = [
    ellipse(0, 0, a, b, 0, { fat: 1 }),
    ellipse(0, random.between(-4, 4), a - shell, b - shell, 0, { soft: 1 }),
  ];
  const within = (part: number) => {
    const [angle, radius] = [random.between(0, 2 * Math.PI), part * Math.sqrt(random.uniform())];
    return [(a - shell) * radius * Math.cos(angle), (b - shell) * radius * Math.sin(angle)] as const;
  };
  const organs = random.integer(0, 11);
  for (let n = 0; n < organs; n++) {
    const size = a * random.between(0.05, 0.3);
    const parts: Parts =
      random.uniform() < 0.25 ? { fat: random.between(0.95, 1.02) } : { soft: random.between(0.97, 1.06) };
    layers.push(ellipse(...within(0.8), size, size * random.between(0.4, 1), turn(random), parts));
  }
  const bones = random.integer(0, 7);
  for (let n = 0; n < bones; n++) {
    const [x, y] = within(0.8);
    const size = a * random.between(0.04, 0.2);
    const [other, angle] = [size * random.between(0.4, 1), turn(random)];
    const rim = Math.min(other, size) * random.between(0.1, 0.5);
    layers.push(ellipse(x, y, size, other, angle, { bone: random.between(0.8, 1.3) }));
    const marrow = random.between(0.1, 0.5);
    layers.push(ellipse(x, y, size - rim, other - rim, angle, { bone: marrow, soft: 1 - marrow }));
  }
  const gas = random.integer(0, 4);
  for (let n = 0; n < gas; n++) {
    const size = a * random.between(0.02, 0.15);
    layers.push(ellipse(...within(0.75), size, size * random.between(0.3, 1), turn(random), {}));
  }
  return [2 * a + 10, layers];
}

/** One to six pieces: heads, plates, screws, wires and splinters, of one or two metals, often in bone. */
function anyMetal(random: Random, body: LayeredMetalScene): LayeredMetalScene {
  const metals = [random.pick(METALS), random.pick(METALS)];
  const bones = body.filter(({ parts }) => (parts.bone ?? 0) > 0.05);
  const [outer] = body;
  const [a, b] = outer!.shape.halfAxesMm;
  const count = random.integer(1, 6);
  return Array.from({ length: count }, () => {
    let center = [0, 0] as readonly [number, number];
    if (bones.length > 0 && random.uniform() < 0.6) {
      const [x, y] = random.pick(bones).shape.center;
      center = [x + random.between(-6, 6), y + random.between(-6, 6)];
    } else {
      const [angle, radius] = [random.between(0, 2 * Math.PI), 0.85 * Math.sqrt(random.uniform())];
      center = [a * radius * Math.cos(angle), b * radius * Math.sin(angle)];
    }
    const metal = random.pick(metals);
    const most = metal === 'gold' ? 4 : metal === 'iron' ? 13 : 16;
    const size = 1.2 * (most / 1.2) ** random.uniform();
    const long = random.uniform() < 0.4 ? Math.min(40, size * random.between(2, 12)) : size;
    return ellipse(...center, size, long * random.between(0.7, 1), turn(random), { [metal]: 1 });
  });
}
const METALS = ['titanium', 'titanium', 'iron', 'iron', 'gold'] as const;

/** Turns by up to an angle and moves by up to some mm. */
function move(random: Random, mostRad: number, mostMm: number) {
  const angle = random.between(-mostRad, mostRad);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [random.between(-mostMm, mostMm), random.between(-mostMm, mostMm)];
  return ({ shape, parts }: Layer<PelvisMaterial>): Layer<PelvisMaterial> => {
    const [px, py, pz] = shape.center;
    return {
      parts,
      shape: {
        ...shape,
        center: [c * px - s * py + x, s * px + c * py + y, pz],
        turnRad: (shape.turnRad ?? 0) + angle,
      },
    };
  };
}
