import { requireSameGrid } from './create.ts';
import { toVoxel, voxelVolumeMl } from './geometry.ts';
import type { Vec3, Volume } from './volume.ts';

export interface Statistics {
  /** Voxels counted: inside the mask and not NaN. */
  readonly count: number;
  /** NaN when nothing was counted, like sd, min and max. */
  readonly mean: number;
  /** Population standard deviation (divided by count). */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** Two passes over the voxels of the mask (all voxels without one); NaN voxels are left out. */
export function statistics(volume: Volume, mask?: Volume): Statistics {
  if (mask !== undefined) requireSameGrid(volume, mask, 'statistics');
  const { data } = volume;
  const inside = mask?.data;
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < data.length; index++) {
    if (inside !== undefined && !inside[index]) continue;
    const value = data[index]!;
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0)
    return { count, mean: Number.NaN, sd: Number.NaN, min: Number.NaN, max: Number.NaN, sum: 0 };
  const mean = sum / count;
  let squares = 0;
  for (let index = 0; index < data.length; index++) {
    if (inside !== undefined && !inside[index]) continue;
    const difference = data[index]! - mean;
    if (!Number.isNaN(difference)) squares += difference * difference;
  }
  return { count, mean, sd: Math.sqrt(squares / count), min, max, sum };
}

/**
 * The trilinear value at an LPS position in mm, or undefined outside the volume. A volume ends at the outer faces of
 * its voxels; within the outermost half voxel the value of the edge is kept.
 */
export function sampleAt(volume: Volume, xyz: Vec3): number | undefined {
  return sampleAtVoxel(volume, toVoxel(volume, xyz));
}

/** As `sampleAt`, at a continuous voxel index. */
export function sampleAtVoxel(volume: Volume, ijk: Vec3): number | undefined {
  const { size, data } = volume;
  const base = [0, 0, 0];
  const fraction = [0, 0, 0];
  const step = [0, 0, 0];
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const n = size[axis]!;
    const p = ijk[axis]!;
    if (!(p >= -0.5 && p <= n - 0.5)) return undefined;
    const clamped = Math.min(Math.max(p, 0), n - 1);
    base[axis] = Math.min(Math.floor(clamped), Math.max(0, n - 2));
    fraction[axis] = clamped - base[axis]!;
    step[axis] = n > 1 ? strides[axis]! : 0;
  }
  const at = base[0]! + base[1]! * strides[1]! + base[2]! * strides[2]!;
  let value = 0;
  for (let corner = 0; corner < 8; corner++) {
    let weight = 1;
    let index = at;
    for (let axis = 0; axis < 3; axis++) {
      const upper = (corner >> axis) & 1;
      weight *= upper ? fraction[axis]! : 1 - fraction[axis]!;
      index += upper ? step[axis]! : 0;
    }
    if (weight !== 0) value += weight * data[index]!;
  }
  return value;
}

export interface SphereMean {
  readonly mean: number;
  /** Population standard deviation under the same weights. */
  readonly sd: number;
  readonly max: number;
  /** Volume of the part of the sphere that lies in the image. */
  readonly volumeMl: number;
  /** That part as a fraction of the whole sphere. */
  readonly insideFraction: number;
}

/** Sub-samples per axis of a voxel that the sphere's surface may cut. */
const SUBSAMPLES = 5;

/**
 * Mean in a sphere in mm, voxels at the surface weighted by the part of them inside (5³ sub-samples).
 * Undefined when the sphere misses the volume. NaN voxels are left out.
 */
export function sphereMean(
  volume: Volume,
  { centerMm, radiusMm }: { readonly centerMm: Vec3; readonly radiusMm: number },
): SphereMean | undefined {
  const center = toVoxel(volume, centerMm);
  const { size, data, spacingMm, direction: d } = volume;
  const axes: Vec3[] = [0, 1, 2].map((axis) => {
    const mm = spacingMm[axis]!;
    return [d[axis]! * mm, d[axis + 3]! * mm, d[axis + 6]! * mm];
  });
  const halfDiagonal = Math.hypot(...[0, 1, 2].map((x) => axes.reduce((s, a) => s + Math.abs(a[x]!), 0))) / 2;
  const reach = spacingMm.map((mm) => Math.ceil((radiusMm + halfDiagonal) / mm) + 1);
  const low = center.map((c, axis) => Math.max(0, Math.ceil(c - reach[axis]!)));
  const high = center.map((c, axis) => Math.min(size[axis]! - 1, Math.floor(c + reach[axis]!)));
  const distance = (i: number, j: number, k: number) =>
    Math.hypot(
      ...[0, 1, 2].map(
        (x) =>
          (i - center[0]) * axes[0]![x]! + (j - center[1]) * axes[1]![x]! + (k - center[2]) * axes[2]![x]!,
      ),
    );
  let weights = 0;
  let sum = 0;
  let squares = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (let k = low[2]!; k <= high[2]!; k++) {
    for (let j = low[1]!; j <= high[1]!; j++) {
      for (let i = low[0]!; i <= high[0]!; i++) {
        const weight = insideFraction(distance, i, j, k, radiusMm, halfDiagonal);
        const value = data[i + size[0] * (j + size[1] * k)]!;
        if (weight === 0 || Number.isNaN(value)) continue;
        weights += weight;
        sum += weight * value;
        squares += weight * value * value;
        if (value > max) max = value;
      }
    }
  }
  if (weights === 0) return undefined;
  const mean = sum / weights;
  const volumeMl = weights * voxelVolumeMl(volume);
  const whole = (4 / 3) * Math.PI * radiusMm ** 3 * 1e-3;
  return {
    mean,
    sd: Math.sqrt(Math.max(0, squares / weights - mean * mean)),
    max,
    volumeMl,
    insideFraction: Math.min(1, volumeMl / whole),
  };
}

function insideFraction(
  distance: (i: number, j: number, k: number) => number,
  i: number,
  j: number,
  k: number,
  radiusMm: number,
  halfDiagonal: number,
): number {
  const centre = distance(i, j, k);
  if (centre > radiusMm + halfDiagonal) return 0;
  if (centre <= radiusMm - halfDiagonal) return 1;
  let inside = 0;
  for (let c = 0; c < SUBSAMPLES; c++) {
    for (let b = 0; b < SUBSAMPLES; b++) {
      for (let a = 0; a < SUBSAMPLES; a++) {
        const at = (n: number) => (n + 0.5) / SUBSAMPLES - 0.5;
        if (distance(i + at(a), j + at(b), k + at(c)) <= radiusMm) inside++;
      }
    }
  }
  return inside / SUBSAMPLES ** 3;
}
