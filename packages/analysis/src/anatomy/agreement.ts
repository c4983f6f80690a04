import {
  boundingBox,
  crop,
  distanceTransform,
  emptyVolume,
  growBox,
  type Mask,
  requireSameGrid,
} from '@photopeak/imaging';

/** How two outlines of the same structure agree. Distances run between the surfaces, both ways together, in mm. */
export interface Agreement {
  /** Twice the common volume over the sum of both; 1 for equal masks, NaN where both are empty. */
  readonly dice: number;
  readonly volumesMl: readonly [number, number];
  /** Undefined where one of them is empty. */
  readonly meanSurfaceMm: number | undefined;
  readonly hd95Mm: number | undefined;
}

/** Voxels of a mask with a face neighbour outside it. */
function surfaceOf(mask: Mask): Mask {
  const [nx, ny, nz] = mask.size;
  const surface = emptyVolume(mask, 'uint8', '1');
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (mask.data[n] === 0) continue;
        const edge =
          i === 0 ||
          j === 0 ||
          k === 0 ||
          i === nx - 1 ||
          j === ny - 1 ||
          k === nz - 1 ||
          mask.data[n - 1] === 0 ||
          mask.data[n + 1] === 0 ||
          mask.data[n - nx] === 0 ||
          mask.data[n + nx] === 0 ||
          mask.data[n - nx * ny] === 0 ||
          mask.data[n + nx * ny] === 0;
        if (edge) surface.data[n] = 1;
      }
  return surface;
}

/**
 * Dice coefficient and surface distances of two masks on one grid (Taha and Hanbury 2015, doi:10.1186/s12880-015-0068-x).
 * Surfaces are the outermost voxels; distances lie between voxel centres, so half a voxel is the limit of what they say.
 */
export async function compareMasks(a: Mask, b: Mask): Promise<Agreement> {
  requireSameGrid(a, b, 'compareMasks');
  const either = emptyVolume(a, 'uint8', '1');
  let inA = 0;
  let inB = 0;
  let both = 0;
  for (let n = 0; n < a.data.length; n++) {
    const [x, y] = [a.data[n] !== 0, b.data[n] !== 0];
    if (x) inA++;
    if (y) inB++;
    if (x && y) both++;
    if (x || y) either.data[n] = 1;
  }
  const voxelMl = (a.spacingMm[0] * a.spacingMm[1] * a.spacingMm[2]) / 1000;
  const counts = { dice: (2 * both) / (inA + inB), volumesMl: [inA * voxelMl, inB * voxelMl] as const };
  const around = boundingBox(either);
  if (around === undefined || inA === 0 || inB === 0)
    return { ...counts, meanSurfaceMm: undefined, hd95Mm: undefined };
  const box = growBox(around, [1, 1, 1], a);
  const surfaces = [surfaceOf(crop(a, box)), surfaceOf(crop(b, box))] as const;
  const distances: number[] = [];
  for (const [from, to] of [surfaces, [surfaces[1], surfaces[0]] as const]) {
    const away = await distanceTransform(to);
    for (let n = 0; n < from.data.length; n++) if (from.data[n] !== 0) distances.push(away.data[n]!);
  }
  distances.sort((x, y) => x - y);
  return {
    ...counts,
    meanSurfaceMm: distances.reduce((sum, mm) => sum + mm, 0) / distances.length,
    hd95Mm: distances[Math.min(distances.length - 1, Math.floor(0.95 * distances.length))]!,
  };
}
