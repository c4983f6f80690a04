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

/** Between voxel centres, at a place in voxels; beyond the outermost centres the value there. */
export function trilinear(
  data: Sampled['data'],
  nx: number,
  ny: number,
  nz: number,
  atX: number,
  atY: number,
  atZ: number,
): number {
  const x = Math.min(Math.max(atX, 0), nx - 1);
  const y = Math.min(Math.max(atY, 0), ny - 1);
  const z = Math.min(Math.max(atZ, 0), nz - 1);
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [fx, fy, fz] = [x - i, y - j, z - k];
  const right = i < nx - 1 ? 1 : 0;
  const down = j < ny - 1 ? nx : 0;
  const deep = k < nz - 1 ? nx * ny : 0;
  const at = i + nx * (j + ny * k);
  const a = data[at]! * (1 - fx) + data[at + right]! * fx;
  const b = data[at + down]! * (1 - fx) + data[at + down + right]! * fx;
  const c = data[at + deep]! * (1 - fx) + data[at + deep + right]! * fx;
  const d = data[at + deep + down]! * (1 - fx) + data[at + deep + down + right]! * fx;
  return (a * (1 - fy) + b * fy) * (1 - fz) + (c * (1 - fy) + d * fy) * fz;
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
