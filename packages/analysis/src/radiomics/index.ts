import { boundingBox, crop, type Mask, PhotopeakError, type Volume } from '@photopeak/imaging';
import { regionOf } from '../measurements/region.ts';
import { type FirstOrder, firstOrder } from './first-order.ts';
import { type Shape, shape } from './shape.ts';

export type { FirstOrder, Shape };

export interface Radiomics {
  readonly firstOrder: FirstOrder;
  readonly shape: Shape;
}

/**
 * Intensity statistics and morphology of a region by the definitions of the Image Biomarker Standardisation Initiative
 * (IBSI reference manual, 2020), without resampling or intensity limits of its own. The mask must lie on the grid of the
 * volume.
 * Fails with MEASURE_GRID, MEASURE_EMPTY, or MEASURE_NOT_FINITE.
 */
export function radiomics(volume: Volume, mask: Mask): Radiomics {
  regionOf(volume, mask);
  const box = boundingBox(mask)!;
  const region = { volume: crop(volume, box), mask: crop(mask, box) };
  const values = Float64Array.from(region.volume.data).filter((_, n) => region.mask.data[n] !== 0);
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) {
    throw new PhotopeakError('The region contains a voxel without a value', {
      code: 'MEASURE_NOT_FINITE',
      expected: 'finite voxel values',
      found: String(odd),
      remedy: 'Exclude voxels without a value from the region.',
    });
  }
  return { firstOrder: firstOrder(values), shape: shape(region.volume, region.mask) };
}
