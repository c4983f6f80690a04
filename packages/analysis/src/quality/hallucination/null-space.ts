import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';

/** What finer planes hold that their slices cannot tell, slice by slice. */
export interface NullSpaceMap {
  /** Root mean square of it over the planes of each slice, on the grid and in the unit of the slices. */
  readonly map: Volume<Float32Array>;
  /** Its share of the energy of all detail beside a straight line from slice to slice: 0 nothing, 1 all of it. */
  readonly share: number;
  /** Where it stands out most beside what the same method adds where slices differ as much: 1 is what 98 of 100 places stay below. */
  readonly score: number;
  /** Column, row and slice of that place. */
  readonly voxel: Vec3;
  /** Root mean square there. */
  readonly contrast: number;
}

export interface NullSpaceOptions {
  /** Standard deviation of the noise of the slices, above 0. */
  readonly noise: number;
  /** Only where the slices are above. */
  readonly above: number;
}

/** Places are judged as seen through a Gaussian window in the plane, mm: about 8 mm across. */
const WINDOW_MM = 2.5;
/** Differences of slices over their noise are told apart in half octaves; those without anatomy are in the first. */
const BINS = 16;
const PER_OCTAVE = 2;
/** What a method adds where slices differ by so much is what this part of its places stay below. */
const PART = 0.98;
const FEWEST_PLACES = 400;
const LOOKED_AT = 200_000;
/**
 * No method may add more than this share of what slices differ by from their neighbours, beside this many standard deviations
 * of the noise, however much it does so everywhere; and less than the least is nothing.
 */
const MOST = { share: 0.6, sigmas: 1.2 } as const;
const LEAST_SIGMAS = 1;

/**
 * Judges the detail of finer planes that lies in the null space of the slice model. What can be told of it honestly follows
 * from the slices around it, and so goes with what these differ by; how far, each method shows itself.
 *
 * `hidden`: mean square, over the planes of each slice, of that detail; becomes the map. `differences`: sum of the squares of what a slice differs from its neighbours by;
 * `share` is handed on.
 */
export async function judgeNullSpace(
  slices: Volume,
  hidden: Volume<Float32Array>,
  differences: Volume<Float32Array>,
  share: number,
  { noise, above }: NullSpaceOptions,
): Promise<NullSpaceMap> {
  const sigmaMm: Vec3 = [WINDOW_MM, WINDOW_MM, 0];
  const strength = (await gaussian(hidden, { sigmaMm })).data;
  const around = (await gaussian(differences, { sigmaMm })).data;
  for (let at = 0; at < strength.length; at++) {
    strength[at] = Math.sqrt(strength[at]!) / noise;
    around[at] = Math.sqrt(around[at]!) / noise;
    hidden.data[at] = Math.sqrt(hidden.data[at]!);
  }
  const curve = typical(slices, strength, around, above);
  let [score, worst] = [0, 0];
  const area = slices.size[0] * slices.size[1];
  // Beyond the outermost slices nothing was measured that could tell what lies within them.
  const ends = slices.size[2] > 2 ? area : 0;
  const isCut = cutWindows(slices);
  for (let at = ends; at < strength.length - ends; at++) {
    if (!(slices.data[at]! > above) || isCut(at)) continue;
    const found = strength[at]! / allowed(curve, around[at]!);
    if (found > score) [score, worst] = [found, at];
  }
  const [nx, ny] = slices.size;
  return {
    map: hidden,
    share,
    score,
    voxel: [worst % nx, Math.floor(worst / nx) % ny, Math.floor(worst / (nx * ny))],
    contrast: strength[worst]! * noise,
  };
}

/**
 * Whether the window of a place reaches over the border of the picture, where what it sees counts twice. Of a
 * small picture at most an eighth of a side is left out.
 */
function cutWindows({ size: [nx, ny], spacingMm }: Volume): (at: number) => boolean {
  const [x, y] = [nx, ny].map((count, axis) =>
    Math.min(Math.ceil((2 * WINDOW_MM) / spacingMm[axis]!), Math.floor(count / 8)),
  ) as [number, number];
  return (at) => {
    const [i, j] = [at % nx, Math.floor(at / nx) % ny];
    return i < x || i >= nx - x || j < y || j >= ny - y;
  };
}

const positionOf = (ratio: number): number => Math.min(BINS - 1, PER_OCTAVE * Math.log2(Math.max(ratio, 1)));

/** For each bin of differences what most places of the image stay below; bins of few places are told by the next ones. */
function typical(slices: Volume, strength: Float32Array, around: Float32Array, above: number): Float64Array {
  const bins: number[][] = Array.from({ length: BINS }, () => []);
  const every = Math.max(1, Math.floor(strength.length / LOOKED_AT));
  for (let at = 0; at < strength.length; at += every)
    if (slices.data[at]! > above) bins[Math.floor(positionOf(around[at]!))]!.push(strength[at]!);
  const curve = new Float64Array(BINS);
  let gathered: number[] = [];
  let last = Number.POSITIVE_INFINITY;
  let from = 0;
  for (let bin = 0; bin < BINS; bin++) {
    gathered.push(...bins[bin]!);
    if (gathered.length < FEWEST_PLACES) continue;
    const sorted = Float64Array.from(gathered).sort();
    last = sorted[Math.floor(PART * (sorted.length - 1))]!;
    curve.fill(last, from, bin + 1);
    [gathered, from] = [[], bin + 1];
  }
  return curve.fill(last, from);
}

function allowed(curve: Float64Array, ratio: number): number {
  const at = Math.max(0, positionOf(ratio) - 0.5);
  const low = Math.min(BINS - 2, Math.floor(at));
  const seen = curve[low]! + (at - low) * (curve[low + 1]! - curve[low]!);
  return Math.max(LEAST_SIGMAS, Math.min(seen, Math.hypot(MOST.share * ratio, MOST.sigmas)));
}
