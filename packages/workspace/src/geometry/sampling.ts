import { add, type Grid, scale, toVoxel, type Vec3 } from './grid.ts';

export type VoxelData = Int16Array | Uint16Array | Float32Array;

export interface Sampled extends Grid {
  readonly data: VoxelData | Uint8Array;
}

/** The voxel that holds the point, or undefined outside of the volume. No interpolation: what is shown was stored. */
export function voxelAt(volume: Sampled, point: Vec3): number | undefined {
  const [i, j, k] = toVoxel(volume, point).map(Math.round) as [number, number, number];
  const [nx, ny, nz] = volume.size;
  if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) return undefined;
  return volume.data[i + nx * (j + ny * k)];
}

/**
 * The brightest voxel on the line of sight through `point`, which is what a click on a maximum intensity
 * projection means. Undefined when the line misses the volume.
 */
export function brightestAlong(
  volume: Sampled,
  point: Vec3,
  direction: Vec3,
): { readonly point: Vec3; readonly value: number } | undefined {
  const step = Math.min(...volume.spacingMm) / 2;
  const reach = Math.hypot(...volume.size.map((n, axis) => n * volume.spacingMm[axis]!)) * 1.5;
  let best: { point: Vec3; value: number } | undefined;
  for (let t = -reach; t <= reach; t += step) {
    const at = add(point, scale(direction, t));
    const value = voxelAt(volume, at);
    if (value !== undefined && (best === undefined || value > best.value)) best = { point: at, value };
  }
  return best;
}
