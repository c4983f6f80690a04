import {
  type Grid,
  identity,
  type Mat4,
  multiply,
  transformPoint,
  type Vec3,
  type Volume,
  voxelToWorld,
  worldToVoxel,
} from '@photopeak/imaging';
import { valueAt } from '../sampling/index.ts';

/** Values of another image inside a region. */
export interface SampledRegion {
  readonly mean: number;
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** 10th percentile. */
  readonly p10: number;
  /** Share of the region that the image shows. */
  readonly covered: number;
}

/** Points along each axis of a voxel. */
const PER_AXIS = 2;

/**
 * Values of an image inside the voxels of a region that lies on another grid: linear interpolation at eight points of each
 * voxel, so that finer images are seen between. `imageFromRegion` maps a point of the region to the image (LPS mm), by a
 * matrix or, where the two are deformed, point by point.
 * Undefined where the image shows nothing of it.
 */
export function sampleRegion(
  image: Volume,
  grid: Grid,
  voxels: Uint32Array,
  imageFromRegion: Mat4 | ((points: readonly Vec3[]) => readonly Vec3[]) = identity,
): SampledRegion | undefined {
  const isMatrix = typeof imageFromRegion !== 'function';
  const toImage = worldToVoxel(image);
  const m = isMatrix ? multiply(toImage, multiply(imageFromRegion, voxelToWorld(grid))) : voxelToWorld(grid);
  const points: Vec3[] = [];
  const [nx, ny] = grid.size;
  const values: number[] = [];
  const offsets = Array.from({ length: PER_AXIS }, (_, n) => (n + 0.5) / PER_AXIS - 0.5);
  for (const index of voxels) {
    const i = index % nx;
    const j = Math.floor(index / nx) % ny;
    const k = Math.floor(index / (nx * ny));
    for (const c of offsets)
      for (const b of offsets)
        for (const a of offsets) {
          points.push(transformPoint(m, [i + a, j + b, k + c]));
        }
  }
  const inImage = isMatrix ? points : imageFromRegion(points).map((point) => transformPoint(toImage, point));
  for (const [x, y, z] of inImage) {
    const value = valueAt(image, x, y, z);
    if (value !== undefined) values.push(value);
  }
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    mean,
    sd: Math.sqrt(variance),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    p10: sorted[Math.floor(0.1 * (sorted.length - 1))]!,
    covered: values.length / (voxels.length * PER_AXIS ** 3),
  };
}
