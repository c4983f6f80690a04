import type { Vec3 } from '@photopeak/imaging';

/** Patches that cover a volume, in the order of their planes. */
export interface TilePlan {
  /** Columns, rows, planes of each patch; larger than the volume where that is padded. */
  readonly patch: Vec3;
  /** First voxel of the patches along each axis; may be negative where the volume is padded. */
  readonly starts: readonly [readonly number[], readonly number[], readonly number[]];
}

/** Along one axis: evenly spread, the first and the last flush with the ends, overlapping by at least the share. */
function startsOf(size: number, patch: number, overlap: number): number[] {
  if (size <= patch) return [-Math.floor((patch - size) / 2)];
  const stride = Math.max(1, Math.floor(patch * (1 - overlap)));
  const count = Math.ceil((size - patch) / stride) + 1;
  return Array.from({ length: count }, (_, n) => Math.round((n * (size - patch)) / (count - 1)));
}

export function planTiles(
  size: Vec3,
  options: { readonly patch?: Vec3 | undefined; readonly multipleOf: Vec3; readonly overlap: number },
): TilePlan {
  const { patch, multipleOf, overlap } = options;
  const given = [0, 1, 2].map(
    (axis) => patch?.[axis] ?? Math.ceil(size[axis]! / multipleOf[axis]!) * multipleOf[axis]!,
  ) as unknown as Vec3;
  const starts = [0, 1, 2].map((axis) => startsOf(size[axis]!, given[axis]!, overlap));
  return { patch: given, starts: starts as unknown as TilePlan['starts'] };
}

/** Index inside 0 … size − 1 of a place that may lie beyond; −1 stands for nothing. */
export function paddedIndex(at: number, size: number, padding: 'edge' | 'zero' | 'reflect'): number {
  if (at >= 0 && at < size) return at;
  if (padding === 'zero') return -1;
  if (padding === 'edge' || size === 1) return at < 0 ? 0 : size - 1;
  const period = 2 * (size - 1);
  const turned = ((at % period) + period) % period;
  return turned < size ? turned : period - turned;
}

const LEAST_WEIGHT = 1e-3;

/**
 * Weight of each place of a patch along one axis: 1 in the middle, falling by half a cosine over the overlap, where
 * there is a neighbour.
 */
export function ramp(starts: readonly number[], patch: number, index: number): Float32Array {
  const weights = new Float32Array(patch).fill(1);
  const shared = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? 0 : Math.max(0, a + patch - b);
  const before = shared(starts[index - 1], starts[index]);
  const after = shared(starts[index], starts[index + 1]);
  const fall = (n: number, width: number) =>
    Math.max(LEAST_WEIGHT, (1 - Math.cos((Math.PI * (n + 0.5)) / width)) / 2);
  for (let n = 0; n < Math.min(before, patch); n++) weights[n] = Math.min(weights[n]!, fall(n, before));
  for (let n = 0; n < Math.min(after, patch); n++)
    weights[patch - 1 - n] = Math.min(weights[patch - 1 - n]!, fall(n, after));
  return weights;
}
