import type { Grid, Mask } from '@photopeak/imaging';
import { centeredGrid } from '../../reconstruction/index.ts';

/** From this on a voxel is metal, HU: below 3071, where scanners cut off. */
export const METAL_HU = 2500;
/** Slices that are projected together: bounds the memory. */
const SLICES_AT_A_TIME = 8;

/** Slices with metal that follow each other. */
export interface MetalGroup {
  /** Around the middle of the gantry. */
  readonly grid: Grid;
  /** Voxels of the image. */
  readonly from: number;
  readonly to: number;
}

/** All slices with metal, in groups that bound the memory. */
export function metalGroups({ data, size, spacingMm }: Mask): MetalGroup[] {
  const [nx, ny, nz] = size;
  const area = nx * ny;
  const found: [number, number][] = [];
  for (let k = 0; k < nz; k++) {
    if (!data.subarray(k * area, (k + 1) * area).includes(1)) continue;
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === k && last[1] < SLICES_AT_A_TIME) last[1]++;
    else found.push([k, 1]);
  }
  return found.map(([first, count]) => ({
    grid: centeredGrid([nx, ny, count], spacingMm),
    from: first * area,
    to: (first + count) * area,
  }));
}
