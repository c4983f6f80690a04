import { PhotopeakError } from './errors.ts';
import { gridOf, sameGrid, voxelCount } from './geometry.ts';
import type { Grid, Vec3, Volume, VoxelArray } from './volume.ts';
import { allocateVoxels, type VoxelArrays, type VoxelType } from './voxels.ts';

/** A unit vector may be off by what sixteen digits of a DICOM DS string leave. */
const COSINE_TOLERANCE = 1e-3;

function invalidGrid(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the geometry of a volume is not valid', {
    code: 'IMAGING_GRID_INVALID',
    expected,
    found,
    remedy: 'check rows, columns, spacing and orientation of the series',
  });
}

/** Throws `IMAGING_GRID_INVALID` unless sizes are whole, spacing is positive and the axes are unit vectors. */
export function checkGrid(grid: Grid): void {
  if (!grid.size.every((n) => Number.isInteger(n) && n > 0)) {
    throw invalidGrid('three whole sizes above zero', grid.size.join(' × '));
  }
  if (!grid.spacingMm.every((mm) => Number.isFinite(mm) && mm > 0)) {
    throw invalidGrid('three spacings above zero mm', grid.spacingMm.join(', '));
  }
  if (!grid.origin.every(Number.isFinite)) throw invalidGrid('a finite origin', grid.origin.join(', '));
  const d = grid.direction;
  for (let column = 0; column < 3; column++) {
    const length = Math.hypot(d[column]!, d[column + 3]!, d[column + 6]!);
    if (!(Math.abs(length - 1) <= COSINE_TOLERANCE)) {
      throw invalidGrid('direction columns of length 1', `length ${length}`);
    }
  }
}

/**
 * Voxels with their geometry. `data` is kept, not copied; its length must be the product of the sizes.
 * Throws `IMAGING_GRID_INVALID`, `IMAGING_DATA_LENGTH`.
 */
export function createVolume<T extends VoxelArray>(grid: Grid, data: T, unit: string): Volume<T> {
  checkGrid(grid);
  if (data.length !== voxelCount(grid)) {
    throw new PhotopeakError('voxels and geometry do not fit together', {
      code: 'IMAGING_DATA_LENGTH',
      expected: `${voxelCount(grid)} voxels (${grid.size.join(' × ')})`,
      found: `${data.length}`,
    });
  }
  return { ...gridOf(grid), data, unit };
}

/** A volume of zeros in shared memory. */
export function emptyVolume<T extends VoxelType>(grid: Grid, type: T, unit: string): Volume<VoxelArrays[T]> {
  checkGrid(grid);
  return { ...gridOf(grid), data: allocateVoxels(type, voxelCount(grid)), unit };
}

/** Throws `IMAGING_GRID_MISMATCH` unless both lie on the same voxels. */
export function requireSameGrid(a: Grid, b: Grid, where: string): void {
  if (sameGrid(a, b, Math.min(...a.spacingMm) * 1e-2)) return;
  throw new PhotopeakError('two volumes must lie on the same grid', {
    code: 'IMAGING_GRID_MISMATCH',
    expected: `${describeGrid(a)}`,
    found: `${describeGrid(b)}`,
    where,
    remedy: 'resample one of them onto the grid of the other first',
  });
}

function describeGrid(grid: Grid): string {
  const mm = (v: Vec3) => v.map((value) => Number(value.toFixed(3))).join(', ');
  return `${grid.size.join(' × ')} voxels of ${mm(grid.spacingMm)} mm from ${mm(grid.origin)}`;
}
