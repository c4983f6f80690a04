import type { Box } from './boxes.ts';
import { requireSameGrid } from './create.ts';
import { PhotopeakError } from './errors.ts';
import { multiply, voxelCount, voxelToWorld, worldToVoxel } from './geometry.ts';
import { boxCount } from './pool/arena.ts';
import { affineBytes, type BinScale, type Counts, pairsBytes } from './pool/operations/histogram.ts';
import { runPieces, thePool, threads } from './pool/pool.ts';
import { Lease, ranges, stage } from './pool/staging.ts';
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
const MOST_BINS = 1024;
const VOXELS_AT_ONCE = 1 << 19;
/** Weights of a sample add up to this; a piece of at most 2^21 samples keeps its sums below 2^32. */
const WEIGHT_PARTS = 1024;
const SAMPLES_AT_ONCE = 1 << 21;
/** Vector loads may read beyond the last voxel. */
const RESIDENT_SLACK = 64;

/** Counts pairs of values of two volumes on the same grid; pairs with NaN are left out. */
export async function jointHistogram(
  first: Volume,
  second: Volume,
  options: JointHistogramOptions = {},
): Promise<JointHistogram> {
  requireSameGrid(first, second, 'joint histogram');
  const { mask } = options;
  if (mask !== undefined) requireSameGrid(first, mask, 'joint histogram mask');
  const bins = checkedBins(options.bins);
  const scales = (options.ranges ?? [rangeOf(first), rangeOf(second)]).map((range) => scaleOf(range, bins));
  const [nx, ny, nz] = first.size;
  const height = Math.max(1, Math.min(ny, Math.floor(VOXELS_AT_ONCE / nx)));
  const depth = Math.max(1, Math.min(nz, Math.floor(VOXELS_AT_ONCE / (nx * ny))));
  function* pieces() {
    for (const planes of ranges(nz, nz / depth)) {
      for (const rows of ranges(ny, ny / height)) {
        const box: Box = {
          start: [0, rows[0], planes[0]],
          size: [nx, rows[1] - rows[0], planes[1] - planes[0]],
        };
        const lease = new Lease();
        const task = {
          first: stage(first, box, lease),
          second: stage(second, box, lease),
          scales: scales as [BinScale, BinScale],
          bins,
          box,
          ...(mask ? { mask: stage(mask, box, lease) } : {}),
        };
        yield { task, bytes: pairsBytes(boxCount(box), bins), lease };
      }
    }
  }
  return sumOf(bins, await runPieces('pairs', voxelCount(first), pieces()), 1);
}

/**
 * Joint histograms of a fixed and a moving volume under many affines, as a registration asks for them: samples and
 * moving volume stay in the memory of the kernels (4 bytes per moving voxel, 2 per sample) until `release`.
 */
export interface AffineHistogramSampler extends Disposable {
  /** Under a matrix that maps fixed LPS mm to moving LPS mm. */
  at(matrix: Mat4): Promise<JointHistogram>;
  release(): void;
}

/**
 * Prepares `jointHistogramUnderAffine` for many matrices. The moving value is interpolated linearly and shared
 * between its two nearest bins (linear Parzen window, in 1/1024ths), so that counts change smoothly with the matrix;
 * sums of whole numbers make them the same for any number of threads. Throws `IMAGING_OUT_OF_MEMORY` for a moving
 * volume beyond about 500 million voxels.
 */
export async function affineHistogramSampler(
  fixed: Volume,
  moving: Volume,
  options: AffineHistogramOptions = {},
): Promise<AffineHistogramSampler> {
  if (options.mask !== undefined) requireSameGrid(fixed, options.mask, 'joint histogram mask');
  const bins = checkedBins(options.bins);
  const [fixedRange, movingRange] = options.ranges ?? [rangeOf(fixed), rangeOf(moving)];
  const stride = strideOf(options.stride);
  const first = stride.map((step, axis) =>
    Math.min(Math.floor(step / 2), fixed.size[axis]! - 1),
  ) as unknown as Vec3;
  const grid = stride.map((step, axis) =>
    Math.ceil((fixed.size[axis]! - first[axis]!) / step),
  ) as unknown as Vec3;
  const pool = thePool();
  const movingAt = pool.take(voxelCount(moving) * 4 + RESIDENT_SLACK);
  let fixedAt: number | undefined;
  try {
    fixedAt = pool.take(grid[0] * grid[1] * grid[2] * 2 + RESIDENT_SLACK);
    loadMoving(moving, movingAt, movingRange, bins);
    loadFixed(fixed, options.mask, fixedAt, { first, stride, grid }, scaleOf(fixedRange, bins), bins);
  } catch (error) {
    pool.give(movingAt);
    if (fixedAt !== undefined) pool.give(fixedAt);
    throw error;
  }
  const base = { fixed: fixedAt, grid, moving: movingAt, size: moving.size, bins };
  const sampleToFixed: Mat4 = [
    ...[stride[0], 0, 0, first[0]],
    ...[0, stride[1], 0, first[1]],
    ...[0, 0, stride[2], first[2]],
    ...[0, 0, 0, 1],
  ] as unknown as Mat4;
  const toWorld = multiply(voxelToWorld(fixed), sampleToFixed);
  const toMoving = worldToVoxel(moving);
  const samples = grid[0] * grid[1] * grid[2];
  const release = () => {
    pool.give(base.fixed);
    pool.give(base.moving);
  };
  return {
    async at(matrix) {
      const affine = multiply(multiply(toMoving, matrix), toWorld).slice(0, 12);
      const parts = Math.max(threads(), samples / SAMPLES_AT_ONCE);
      const pieces = ranges(grid[2], parts).map((planes) => ({
        task: { ...base, planes, matrix: affine },
        bytes: affineBytes(bins),
      }));
      return sumOf(bins, await runPieces('jointAffine', samples, pieces), 1 / WEIGHT_PARTS);
    },
    release,
    [Symbol.dispose]: release,
  };
}

/**
 * Joint histogram of a fixed volume and a moving volume under one affine (fixed LPS mm → moving LPS mm), sampled on
 * every `stride`-th voxel of the fixed volume. For many matrices use `affineHistogramSampler`.
 */
export async function jointHistogramUnderAffine(
  fixed: Volume,
  moving: Volume,
  matrix: Mat4,
  options: AffineHistogramOptions = {},
): Promise<JointHistogram> {
  const sampler = await affineHistogramSampler(fixed, moving, options);
  try {
    return await sampler.at(matrix);
  } finally {
    sampler.release();
  }
}

function sumOf(bins: number, parts: readonly Counts[], weight: number): JointHistogram {
  const counts = new Float64Array(bins * bins);
  let total = 0;
  let candidates = 0;
  for (const part of parts) {
    for (let index = 0; index < counts.length; index++) counts[index]! += part.counts[index]!;
    total += part.total;
    candidates += part.candidates;
  }
  if (weight !== 1) for (let index = 0; index < counts.length; index++) counts[index]! *= weight;
  return { bins, counts, total, candidates };
}

function checkedBins(bins = DEFAULT_BINS): number {
  if (Number.isInteger(bins) && bins >= 2 && bins <= MOST_BINS) return bins;
  throw new PhotopeakError('the number of histogram bins is not valid', {
    code: 'IMAGING_BINS',
    expected: `a whole number from 2 to ${MOST_BINS}`,
    found: String(bins),
  });
}

function strideOf(stride: number | Vec3 = 1): Vec3 {
  const steps: Vec3 = typeof stride === 'number' ? [stride, stride, stride] : stride;
  return steps.map((step) => Math.max(1, Math.trunc(step))) as unknown as Vec3;
}

function scaleOf([low, high]: ValueRange, bins: number): BinScale {
  return { low, scale: high > low ? bins / (high - low) : 0 };
}

function rangeOf(volume: Volume): ValueRange {
  const { data } = volume;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

function loadMoving(moving: Volume, address: number, [low, high]: ValueRange, bins: number): void {
  const scale = high > low ? (bins - 1) / (high - low) : 0;
  thePool().withArena(0, (arena) => {
    const count = voxelCount(moving);
    arena.view('float32', address, count).set(moving.data);
    arena.kernels.to_bin_coordinates(address, count, low, scale, bins);
  });
}

interface Samples {
  readonly first: Vec3;
  readonly stride: Vec3;
  readonly grid: Vec3;
}

function loadFixed(
  fixed: Volume,
  mask: Mask | undefined,
  address: number,
  { first, stride, grid }: Samples,
  { low, scale }: BinScale,
  bins: number,
): void {
  const row = grid[0];
  thePool().withArena(row * 8 + 64, (arena) => {
    const valuesAt = arena.take(row * 4);
    const insideAt = arena.take(row);
    const values = arena.view('float32', valuesAt, row);
    const inside = arena.view('uint8', insideAt, row);
    let target = address;
    for (let k = 0; k < grid[2]; k++) {
      for (let j = 0; j < grid[1]; j++, target += row * 2) {
        const y = first[1] + j * stride[1];
        let at = first[0] + fixed.size[0] * (y + fixed.size[1] * (first[2] + k * stride[2]));
        for (let i = 0; i < row; i++, at += stride[0]) {
          values[i] = fixed.data[at]!;
          if (mask) inside[i] = mask.data[at] ? 1 : 0;
        }
        arena.kernels.to_bins(valuesAt, mask ? insideAt : 0, row, low, scale, bins, target);
      }
    }
  });
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
