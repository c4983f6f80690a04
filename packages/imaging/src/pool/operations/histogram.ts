import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';

/** Bin of a value: `(value - low) * scale`. */
export interface BinScale {
  readonly low: number;
  readonly scale: number;
}

export interface PairsTask {
  readonly first: Source;
  readonly second: Source;
  readonly mask?: Source;
  readonly scales: readonly [BinScale, BinScale];
  readonly bins: number;
  readonly box: Box;
}

export interface Counts {
  readonly counts: Uint32Array;
  readonly total: number;
  readonly candidates: number;
}

/** Bytes of arena that `pairs` takes for some voxels. */
export function pairsBytes(voxels: number, bins: number): number {
  return voxels * (2 * (8 + 4 + 2) + 10) + bins * bins * 4 + 4096;
}

export function pairs(arena: Arena, { first, second, mask, scales, bins, box }: PairsTask): Counts {
  const count = boxCount(box);
  const inside = mask ? arena.fetchMask(mask, box) : 0;
  const [a, b] = [first, second].map((source, index) => {
    const values = arena.fetchFloats(source, box);
    const out = arena.take(count * 2);
    const { low, scale } = scales[index]!;
    arena.kernels.to_bins(values, index === 0 ? inside : 0, count, low, scale, bins, out);
    return out;
  }) as [number, number];
  const histogram = arena.take(bins * bins * 4);
  const counts = arena.view('uint32', histogram, bins * bins).fill(0);
  const total = arena.kernels.count_pairs(a, b, count, bins, histogram);
  let candidates = count;
  if (mask) {
    candidates = 0;
    const bytes = arena.view('uint8', inside, count);
    for (let index = 0; index < count; index++) candidates += bytes[index]!;
  }
  return { counts: new Uint32Array(counts), total, candidates };
}

/** Samples some planes of a grid of fixed bins in a moving volume; both are resident in the shared memory. */
export interface AffineTask {
  readonly fixed: number;
  readonly grid: Vec3;
  readonly planes: readonly [number, number];
  /** Sample → moving voxel, 3×4. */
  readonly matrix: readonly number[];
  readonly moving: number;
  readonly size: Vec3;
  readonly bins: number;
}

export function affineBytes(bins: number): number {
  return bins * bins * 4 + 4096;
}

export function jointAffine(arena: Arena, task: AffineTask): Counts {
  const { bins } = task;
  const histogram = arena.take(bins * bins * 4);
  const counts = arena.view('uint32', histogram, bins * bins).fill(0);
  const matrix = arena.take(96);
  arena.view('float64', matrix, 12).set(task.matrix);
  const integers = arena.take(9 * 4);
  arena.view('int32', integers, 9).set([...task.grid, ...task.planes, ...task.size, 0]);
  const total = arena.kernels.joint_affine(
    task.fixed,
    integers,
    matrix,
    task.moving,
    integers + 20,
    bins,
    histogram,
    integers + 32,
  );
  const candidates = arena.view('int32', integers, 9)[8]!;
  return { counts: new Uint32Array(counts), total, candidates };
}
