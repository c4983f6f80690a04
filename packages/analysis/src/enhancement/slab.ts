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
  const planes = betweenCells(to, volume.spacingMm[2], nz, map.spacingMm[2]);
  for (let k = from; k < to; k++) {
    const [low, high, part] = planes[k]!;
    for (let n = 0; n < nx * ny; n++)
      data[n + nx * ny * (k - from)] =
        map.data[n + nx * ny * low]! * (1 - part) + map.data[n + nx * ny * high]! * part;
  }
  const spacingMm: Vec3 = [map.spacingMm[0], map.spacingMm[1], volume.spacingMm[2]];
  return { ...gridOf(map), size: [nx, ny, to - from], spacingMm, data, unit: map.unit };
}

/**
 * For each of `count` voxels the two cells of a coarse line from the same corner that it lies between, and the share of
 * the second; beyond the middles of the outermost cells their value goes on.
 */
export function betweenCells(
  count: number,
  mm: number,
  cells: number,
  cellMm: number,
): [number, number, number][] {
  return Array.from({ length: count }, (_, n) => {
    const at = Math.min(Math.max(((n + 0.5) * mm) / cellMm - 0.5, 0), cells - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, cells - 1), at - low];
  });
}
