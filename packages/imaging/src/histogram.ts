import { requireSameGrid } from './create.ts';
import { multiply, voxelToWorld, worldToVoxel } from './geometry.ts';
import { statistics } from './statistics.ts';
import type { Mask, Mat4, Vec3, Volume } from './volume.ts';

/** Lowest and highest value that get bins of their own; values beyond fall into the first and last bin. */
export type ValueRange = readonly [number, number];

export interface JointHistogram {
  /** Bins along each axis. */
  readonly bins: number;
  /** `counts[first * bins + second]`. */
  readonly counts: Float64Array;
  /** Sum of the counts: samples that both volumes hold. */
  readonly total: number;
  /** Samples looked at, also those whose point lies outside the moving volume. */
  readonly candidates: number;
}

export interface JointHistogramOptions {
  /** Bins per axis; 64 when left out. */
  readonly bins?: number;
  /** Value ranges of the first and the second volume; their minimum and maximum when left out. */
  readonly ranges?: readonly [ValueRange, ValueRange];
  readonly mask?: Mask;
}

export interface AffineHistogramOptions extends JointHistogramOptions {
  /** Every how many voxels of the fixed volume a sample is taken, per axis if wanted; 1 when left out. */
  readonly stride?: number | Vec3;
}

const DEFAULT_BINS = 64;

/** Counts pairs of values of two volumes on the same grid; pairs with NaN are left out. */
export async function jointHistogram(
  first: Volume,
  second: Volume,
  options: JointHistogramOptions = {},
): Promise<JointHistogram> {
  requireSameGrid(first, second, 'joint histogram');
  const bins = options.bins ?? DEFAULT_BINS;
  const [a, b] = options.ranges ?? [rangeOf(first), rangeOf(second)];
  const binA = binner(a, bins);
  const binB = binner(b, bins);
  const counts = new Float64Array(bins * bins);
  let total = 0;
  let candidates = 0;
  for (let index = 0; index < first.data.length; index++) {
    if (options.mask !== undefined && !options.mask.data[index]) continue;
    candidates++;
    const u = first.data[index]!;
    const v = second.data[index]!;
    if (Number.isNaN(u) || Number.isNaN(v)) continue;
    counts[binA(u) * bins + binB(v)]! += 1;
    total++;
  }
  return { bins, counts, total, candidates };
}

function rangeOf(volume: Volume): ValueRange {
  const { min, max } = statistics(volume);
  return [min, max];
}

function binner([low, high]: ValueRange, bins: number): (value: number) => number {
  const scale = high > low ? bins / (high - low) : 0;
  return (value) => {
    const bin = Math.floor((value - low) * scale);
    return bin < 0 ? 0 : bin >= bins ? bins - 1 : bin;
  };
}

/**
 * Joint histogram of a fixed volume and a moving volume under an affine (fixed LPS mm → moving LPS mm), sampled on
 * every `stride`-th voxel of the fixed volume. The moving value is interpolated linearly and shared between its two
 * nearest bins (linear Parzen window), so that the counts change smoothly with the matrix.
 */
export async function jointHistogramUnderAffine(
  fixed: Volume,
  moving: Volume,
  matrix: Mat4,
  options: AffineHistogramOptions = {},
): Promise<JointHistogram> {
  const bins = options.bins ?? DEFAULT_BINS;
  const [rangeA, [low, high]] = options.ranges ?? [rangeOf(fixed), rangeOf(moving)];
  const binA = binner(rangeA, bins);
  const scale = high > low ? (bins - 1) / (high - low) : 0;
  const stride = typeof options.stride === 'object' ? options.stride : Array(3).fill(options.stride ?? 1);
  const m = multiply(multiply(worldToVoxel(moving), matrix), voxelToWorld(fixed));
  const [si, sj, sk] = moving.size;
  const di = si > 1 ? 1 : 0;
  const dj = sj > 1 ? si : 0;
  const dk = sk > 1 ? si * sj : 0;
  const counts = new Float64Array(bins * bins);
  const source = moving.data;
  let total = 0;
  let candidates = 0;
  for (let k = 0; k < fixed.size[2]; k += stride[2]) {
    for (let j = 0; j < fixed.size[1]; j += stride[1]) {
      for (let i = 0; i < fixed.size[0]; i += stride[0]) {
        const index = i + fixed.size[0] * (j + fixed.size[1] * k);
        if (options.mask !== undefined && !options.mask.data[index]) continue;
        candidates++;
        const x = m[0] * i + m[1] * j + m[2] * k + m[3];
        const y = m[4] * i + m[5] * j + m[6] * k + m[7];
        const z = m[8] * i + m[9] * j + m[10] * k + m[11];
        if (!(x >= 0 && y >= 0 && z >= 0 && x <= si - 1 && y <= sj - 1 && z <= sk - 1)) continue;
        const u = fixed.data[index]!;
        const xi = Math.min(Math.floor(x), Math.max(0, si - 2));
        const yi = Math.min(Math.floor(y), Math.max(0, sj - 2));
        const zi = Math.min(Math.floor(z), Math.max(0, sk - 2));
        const fx = x - xi;
        const fy = y - yi;
        const fz = z - zi;
        const q = xi + si * (yi + sj * zi);
        const c00 = source[q]! + (source[q + di]! - source[q]!) * fx;
        const c10 = source[q + dj]! + (source[q + dj + di]! - source[q + dj]!) * fx;
        const c01 = source[q + dk]! + (source[q + dk + di]! - source[q + dk]!) * fx;
        const c11 = source[q + dk + dj]! + (source[q + dk + dj + di]! - source[q + dk + dj]!) * fx;
        const c0 = c00 + (c10 - c00) * fy;
        const c1 = c01 + (c11 - c01) * fy;
        const v = c0 + (c1 - c0) * fz;
        if (Number.isNaN(u) || Number.isNaN(v)) continue;
        const place = Math.min(Math.max((v - low) * scale, 0), bins - 1);
        const bin = Math.min(Math.floor(place), bins - 2);
        // Weights are multiples of 1/1024: sums are exact, so no order of summation changes a bit.
        const upper = Math.round((place - bin) * 1024) / 1024;
        const row = binA(u) * bins + bin;
        counts[row]! += 1 - upper;
        counts[row + 1]! += upper;
        total++;
      }
    }
  }
  return { bins, counts, total, candidates };
}

interface Entropies {
  readonly first: number;
  readonly second: number;
  readonly joint: number;
}

function entropies({ bins, counts, total }: JointHistogram): Entropies {
  const rows = new Float64Array(bins);
  const columns = new Float64Array(bins);
  let joint = 0;
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]!;
    if (count === 0) continue;
    rows[Math.floor(index / bins)]! += count;
    columns[index % bins]! += count;
    joint -= (count / total) * Math.log(count / total);
  }
  const entropy = (marginal: Float64Array) =>
    marginal.reduce((sum, count) => (count > 0 ? sum - (count / total) * Math.log(count / total) : sum), 0);
  return { first: entropy(rows), second: entropy(columns), joint };
}

/** H(A) + H(B) − H(A, B) in nats; 0 for an empty histogram. */
export function mutualInformation(histogram: JointHistogram): number {
  if (histogram.total === 0) return 0;
  const { first, second, joint } = entropies(histogram);
  return first + second - joint;
}

/** (H(A) + H(B)) / H(A, B), from 1 (independent) to 2 (same); Studholme 1999. 1 for an empty or constant histogram. */
export function normalizedMutualInformation(histogram: JointHistogram): number {
  if (histogram.total === 0) return 1;
  const { first, second, joint } = entropies(histogram);
  return joint === 0 ? 1 : (first + second) / joint;
}
