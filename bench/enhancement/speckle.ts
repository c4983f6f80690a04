/**
 * Speckle reduction on phantoms that nothing was tuned on: contrast-to-noise, width of edges, bias of means and time,
 * beside SRAD (Yu and Acton, IEEE Trans. Image Process. 2002) written here, all on the linear envelope.
 *
 *   node bench/enhancement/speckle.ts [--seeds 9111-9114] [--psf 1.6,1.2] [--range 60] [--sector] [--network PACKAGE]
 *
 * --sector: the picture of a curved probe, whose speckle becomes wider with depth and is interpolated between beams.
 * --network: a network for speckle (training/README.md) as well, with its time in a process of its own.
 *
 * CNR = |μ1 − μ2|/√(σ1² + σ2²) of the inside of a disc and a ring around it, as a multiple of that of the picture;
 * edge = 20 to 80 % of the mean profile of all discs of one kind, pixels; bias = mean of the result against the mean of
 * the picture in the same places, of discs, of rings around them (which hold few speckles: averages reach further than a
 * ring, so that it moves by chance as well) and of whole pictures of uniform tissue. Time: of a picture after the
 * first, for which the engine still compiles. Seeds below 9111 and 9131-9154 were looked at while it was made.
 */
import { edgeProfile, reduceSpeckle, type SpeckleStrength } from '@photopeak/analysis';
import { createVolume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { defaultDiscs, type SpeckleDisc, type SpecklePhantom, specklePhantom } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const [from, to] = argument('seeds', '9111-9114').split('-').map(Number) as [number, number];
const psfSigmaPx = argument('psf', '1.6,1.2').split(',').map(Number) as [number, number];
const dynamicRangeDb = Number(argument('range', '60'));
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);
const MARGIN_PX = 6;
const RING_PX = 18;
const REACH_PX = 16;

const isSector = process.argv.includes('--sector');
const networkFolder = argument('network', '');

type Envelope = Float32Array;
type Picture = SpecklePhantom & { readonly mask?: Uint8Array };
type Method = (picture: Picture, envelope: Envelope) => Promise<Envelope> | Envelope;

/** Of the curved probe: its radius and its middle above the picture, pixels; the half angle; beams and samples. */
const SECTOR = { radiusPx: 220, topPx: -190, halfAngle: 0.72, beams: 220, samplesPx: 1 } as const;

/** Discs of a picture of 512 × 512, whose speckle comes from beams: as wide as a beam, wider with depth. */
function sectorPhantom(seed: number, discs: readonly SpeckleDisc[]): Picture {
  const [side, { radiusPx, topPx, halfAngle, beams }] = [512, SECTOR];
  const depth = 490;
  const beamOf = (x: number, y: number) => {
    const angle = Math.atan2(x - side / 2, y - topPx);
    return [
      ((angle + halfAngle) / (2 * halfAngle)) * (beams - 1),
      Math.hypot(x - side / 2, y - topPx) - radiusPx,
    ] as const;
  };
  const echogenicity = (beam: number, sample: number) => {
    const angle = (2 * beam * halfAngle) / (beams - 1) - halfAngle;
    const [x, y] = [
      side / 2 + (sample + radiusPx) * Math.sin(angle),
      topPx + (sample + radiusPx) * Math.cos(angle),
    ];
    return discs.find(({ xPx, yPx, radiusPx }) => Math.hypot(x - xPx, y - yPx) < radiusPx)?.echogenicity ?? 1;
  };
  const seen = specklePhantom({
    seed,
    width: beams,
    height: depth,
    psfSigmaPx: [0.9, psfSigmaPx[1]],
    dynamicRangeDb,
    echogenicity,
  });
  const grey = new Uint8Array(side * side);
  const mask = new Uint8Array(side * side);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at++) {
      const [beam, sample] = beamOf(x, y);
      if (!(beam >= 0 && beam < beams - 1 && sample >= 0 && sample < depth - 1)) continue;
      const [i, j] = [Math.floor(beam), Math.floor(sample)];
      const [u, v] = [beam - i, sample - j];
      const [a, b] = [0, 1].map((next) => {
        const row = i + beams * (j + next);
        return (1 - u) * seen.grey[row]! + u * seen.grey[row + 1]!;
      }) as [number, number];
      grey[at] = Math.round((1 - v) * a + v * b);
      mask[at] = 1;
    }
  }
  return { ...seen, width: side, height: side, grey, mask, truth: { ...seen.truth, discs } };
}

/** The discs that lie in the sector, further from its middle than elsewhere. */
const sectorDiscs: readonly SpeckleDisc[] = [
  { xPx: 170, yPx: 150, radiusPx: 36, echogenicity: 0.15 },
  { xPx: 120, yPx: 330, radiusPx: 34, echogenicity: 0.15 },
  { xPx: 260, yPx: 220, radiusPx: 30, echogenicity: 3 },
  { xPx: 330, yPx: 410, radiusPx: 36, echogenicity: 3 },
  { xPx: 345, yPx: 150, radiusPx: 34, echogenicity: 0.4 },
  { xPx: 395, yPx: 290, radiusPx: 30, echogenicity: 0.02 },
  { xPx: 215, yPx: 415, radiusPx: 34, echogenicity: 0.4 },
];

const pictureOf = (seed: number, discs?: readonly SpeckleDisc[]): Picture =>
  isSector
    ? sectorPhantom(seed, discs ?? sectorDiscs)
    : specklePhantom({ seed, psfSigmaPx, dynamicRangeDb, discs: discs ?? defaultDiscs });

/** By a table: what it costs is timed with our methods, and is no part of them. */
function linear({ truth }: SpecklePhantom, grey: Uint8Array): Envelope {
  const ofLevel = Float32Array.from({ length: 256 }, (_, level) =>
    Math.exp((level - truth.greyOfOne) / truth.greyPerNeper),
  );
  const envelope = new Float32Array(grey.length);
  for (let n = 0; n < grey.length; n++) envelope[n] = ofLevel[grey[n]!]!;
  return envelope;
}

const ours =
  (strength: SpeckleStrength): Method =>
  async (phantom) =>
    linear(phantom, (await reduceSpeckle(phantom, { strength }))!.grey);

const flat = { spacingMm: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
const model =
  networkFolder === '' ? undefined : await openModel(await openPackage(networkFolder), { threads: 1 });

const network: Method = async (picture) =>
  linear(
    picture,
    (await reduceSpeckle(picture, {
      pilot: async (logs, size) => {
        const [found] = await model!.infer({ image: createVolume({ ...flat, size }, logs, '1') });
        if (found?.kind !== 'image') throw new Error('no image');
        return found.volume.data as Float32Array;
      },
    }))!.grey,
  );

/** Speckle reducing anisotropic diffusion, explicit, with the speckle scale q0 falling over time as the paper does. */
const srad =
  (iterations: number): Method =>
  ({ width, height }, envelope) => {
    const dt = 0.2;
    let image = Float64Array.from(envelope);
    let next = new Float64Array(image.length);
    const c = new Float64Array(image.length);
    for (let k = 0; k < iterations; k++) {
      const q02 = (0.5 * Math.exp((-k * dt) / 30)) ** 2;
      for (let y = 0, n = 0; y < height; y++) {
        for (let x = 0; x < width; x++, n++) {
          const v = image[n]!;
          const up = y > 0 ? image[n - width]! - v : 0;
          const down = y < height - 1 ? image[n + width]! - v : 0;
          const left = x > 0 ? image[n - 1]! - v : 0;
          const right = x < width - 1 ? image[n + 1]! - v : 0;
          const gradient = (up * up + down * down + left * left + right * right) / (v * v);
          const laplace = (up + down + left + right) / v;
          const q2 = (gradient / 2 - laplace ** 2 / 16) / (1 + laplace / 4) ** 2;
          c[n] = Math.min(1, Math.max(0, 1 / (1 + (q2 - q02) / (q02 * (1 + q02)))));
        }
      }
      for (let y = 0, n = 0; y < height; y++) {
        for (let x = 0; x < width; x++, n++) {
          const v = image[n]!;
          const up = y > 0 ? image[n - width]! - v : 0;
          const left = x > 0 ? image[n - 1]! - v : 0;
          const down = y < height - 1 ? c[n + width]! * (image[n + width]! - v) : 0;
          const right = x < width - 1 ? c[n + 1]! * (image[n + 1]! - v) : 0;
          next[n] = v + (dt / 4) * (c[n]! * (up + left) + down + right);
        }
      }
      [image, next] = [next, image];
    }
    return Float32Array.from(image);
  };

interface Region {
  readonly mean: number;
  readonly variance: number;
}

function region(values: Envelope, where: readonly number[]): Region {
  const mean = where.reduce((sum, n) => sum + values[n]!, 0) / where.length;
  return { mean, variance: where.reduce((sum, n) => sum + (values[n]! - mean) ** 2, 0) / where.length };
}

const contrastToNoise = (a: Region, b: Region) =>
  Math.abs(a.mean - b.mean) / Math.sqrt(a.variance + b.variance);

/** Pixels until a profile, averaged over many discs, has gone from 20 to 80 % of its step. */
function edgeWidth(profiles: readonly Float64Array[], stepPx: number): number {
  const mean = profiles[0]!.map((_, n) => profiles.reduce((sum, one) => sum + one[n]!, 0) / profiles.length);
  const quarter = Math.floor(mean.length / 4);
  const level = (part: Float64Array) => part.reduce((sum, one) => sum + one, 0) / part.length;
  const [low, high] = [level(mean.subarray(0, quarter)), level(mean.subarray(-quarter))];
  const part = Array.from(mean, (value) => (value - low) / (high - low));
  // From the middle of the step outwards, so that noise of the plateaus is not the edge.
  let middle = part.findIndex((value) => value >= 0.5);
  const find = (target: number, direction: 1 | -1) => {
    let n = middle;
    while (n > 0 && n < part.length - 1 && (direction > 0 ? part[n]! < target : part[n - 1]! > target))
      n += direction;
    return n - 1 + (target - part[n - 1]!) / (part[n]! - part[n - 1]!);
  };
  middle = Math.max(1, middle);
  return (find(0.8, 1) - find(0.2, -1)) * stepPx;
}

interface Figures {
  readonly cnr: number;
  readonly edgePx: number;
  readonly biasPercent: number;
}

/** Times that a frame is timed, after once untimed: a clip has many frames. */
const TIMED = 5;
const meanOf = (values: Envelope) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function measure(method: Method) {
  const found = new Map<number, { gains: number[]; biases: number[]; profiles: Float64Array[] }>();
  const outside: number[] = [];
  const uniform: number[] = [];
  const times: number[] = [];
  let stepPx = 1;
  for (const seed of seeds) {
    const phantom = pictureOf(seed);
    const { width, height } = phantom;
    const envelope = linear(phantom, phantom.grey);
    let result = await method(phantom, envelope);
    for (let n = 0; n < TIMED; n++) {
      const started = performance.now();
      result = await method(phantom, envelope);
      times.push(performance.now() - started);
    }
    const even = pictureOf(seed, []);
    const evenEnvelope = linear(even, even.grey);
    const inEven = (values: Envelope) => (even.mask ? values.filter((_, n) => even.mask![n] === 1) : values);
    uniform.push(meanOf(inEven(await method(even, evenEnvelope))) / meanOf(inEven(evenEnvelope)) - 1);
    const volume = createVolume({ ...flat, size: [width, height, 1] }, result, '1');
    for (const { xPx, yPx, radiusPx, echogenicity } of phantom.truth.discs) {
      const inside: number[] = [];
      const ring: number[] = [];
      for (let n = 0; n < result.length; n++) {
        const d = Math.hypot((n % width) - xPx, Math.floor(n / width) - yPx);
        if (d < radiusPx - MARGIN_PX) inside.push(n);
        else if (d > radiusPx + MARGIN_PX && d < radiusPx + RING_PX) ring.push(n);
      }
      const entry = found.get(echogenicity) ?? { gains: [], biases: [], profiles: [] };
      found.set(echogenicity, entry);
      entry.gains.push(
        contrastToNoise(region(result, inside), region(result, ring)) /
          contrastToNoise(region(envelope, inside), region(envelope, ring)),
      );
      entry.biases.push(region(result, inside).mean / region(envelope, inside).mean - 1);
      outside.push(region(result, ring).mean / region(envelope, ring).mean - 1);
      const profile = edgeProfile(volume, { column: xPx, row: yPx, radiusMm: radiusPx, reachMm: REACH_PX });
      entry.profiles.push(profile.values);
      stepPx = profile.stepMm;
    }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const kinds = new Map<number, Figures>();
  for (const [echogenicity, { gains, biases, profiles }] of found) {
    kinds.set(echogenicity, {
      cnr: mean(gains),
      edgePx: edgeWidth(profiles, stepPx),
      biasPercent: 100 * mean(biases),
    });
  }
  times.sort((a, b) => a - b);
  const uniformPercent = 100 * mean(uniform);
  return {
    kinds,
    outsidePercent: 100 * mean(outside),
    uniformPercent,
    ms: times[times.length >> 1]!,
    best: times[0]!,
  };
}

const methods: readonly (readonly [string, Method])[] = [
  ['as it is', (_, envelope) => envelope],
  ['SRAD 40 steps', srad(40)],
  ['SRAD 60 steps', srad(60)],
  ['preserve', ours('preserve')],
  ['standard', ours('standard')],
  ['strong', ours('strong')],
  ...(model === undefined ? [] : [['network', network] as const]),
];
console.log(
  `seeds ${from}-${to}, 512 × 512${isSector ? ', sector' : ''}, point spread ${psfSigmaPx.join(' × ')} px, ${dynamicRangeDb} dB`,
);
console.log(
  'method          | CNR × (edge px, bias %) of 0.15 | 3 | 0.4 | 0.02 | rings, bias % | uniform tissue, bias % | median ms (best)',
);
const all = new Map<string, Awaited<ReturnType<typeof measure>>>();
for (const [name, method] of methods) {
  const figures = await measure(method);
  all.set(name, figures);
  const columns = [0.15, 3, 0.4, 0.02].map((kind) => {
    const { cnr, edgePx, biasPercent } = figures.kinds.get(kind)!;
    return `${cnr.toFixed(2)} (${edgePx.toFixed(1)}, ${biasPercent.toFixed(1)})`;
  });
  console.log(
    `${name.padEnd(15)} | ${columns.join(' | ')} | ${figures.outsidePercent.toFixed(2)} | ${figures.uniformPercent.toFixed(2)} | ${figures.ms.toFixed(0)} (${figures.best.toFixed(0)})`,
  );
}
const [standard, peer] = [all.get('standard')!, all.get('SRAD 40 steps')!];
const cyst = (figures: typeof standard) => figures.kinds.get(0.15)!;
console.log(
  `speckle: CNR × at a cyst, ours ${cyst(standard).cnr.toFixed(2)} at ${cyst(standard).edgePx.toFixed(1)} px, SRAD ${cyst(peer).cnr.toFixed(2)} at ${cyst(peer).edgePx.toFixed(1)} px, ratio ${(cyst(standard).cnr / cyst(peer).cnr).toFixed(2)}`,
);
if (model !== undefined) {
  const found = all.get('network')!;
  const worst = (figures: typeof standard) =>
    Math.max(...[...figures.kinds.values()].map(({ edgePx }) => edgePx));
  const least = (figures: typeof standard) => Math.min(...[...figures.kinds.values()].map(({ cnr }) => cnr));
  console.log(
    `speckle network: least CNR ×, ours ${least(found).toFixed(2)} at edges of at most ${worst(found).toFixed(1)} px and ${found.ms.toFixed(0)} ms, standard ${least(standard).toFixed(2)} at ${worst(standard).toFixed(1)} px and ${standard.ms.toFixed(0)} ms, ratio ${(least(found) / least(standard)).toFixed(2)}`,
  );
  await model.close();
}
