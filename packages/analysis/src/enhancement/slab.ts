import { type Grid, gridOf, type Vec3, type Volume, type VoxelArray } from '@photopeak/imaging';

/** Slices [from, to) of a volume as a volume of their own, on the same memory. */
export function slabOf<T extends VoxelArray>(volume: Volume<T>, from: number, to: number): Volume<T> {
  const [nx, ny] = volume.size;
  const { direction } = volume;
  const shift = from * volume.spacingMm[2];
  const grid: Grid = {
    ...gridOf(volume),
    size: [nx, ny, to - from],
    origin: volume.origin.map((mm, row) => mm + shift * direction[row * 3 + 2]!) as unknown as Vec3,
  };
  return { ...grid, unit: volume.unit, data: volume.data.subarray(nx * ny * from, nx * ny * to) as T };
}

/** A coarse map that begins at the corner of a volume, for its slices [from, to): one plane for each of them. */
export function mapOfSlab(map: Volume, volume: Grid, from: number, to: number): Volume<Float32Array> {
  const [nx, ny, nz] = map.size;
  const data = new Float32Array(nx * ny * (to - from));
  for (let k = from; k < to; k++) {
    const at = Math.min(Math.max(((k + 0.5) * volume.spacingMm[2]) / map.spacingMm[2] - 0.5, 0), nz - 1);
    const low = Math.min(Math.floor(at), Math.max(0, nz - 2));
    const high = Math.min(low + 1, nz - 1);
    for (let n = 0; n < nx * ny; n++)
      data[n + nx * ny * (k - from)] =
        map.data[n + nx * ny * low]! * (1 - (at - low)) + map.data[n + nx * ny * high]! * (at - low);
  }
  const spacingMm: Vec3 = [map.spacingMm[0], map.spacingMm[1], volume.spacingMm[2]];
  return { ...gridOf(map), size: [nx, ny, to - from], spacingMm, data, unit: map.unit };
}
