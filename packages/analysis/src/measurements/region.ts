import {
  type Grid,
  type Mask,
  PhotopeakError,
  sameGrid,
  toWorld,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';

/** The voxels of a mask with their bounds. */
export interface Region {
  /** Linear indices in ascending order. */
  readonly voxels: Uint32Array;
  /** First and last index along i, j, k, both inside the region. */
  readonly low: Vec3;
  readonly high: Vec3;
  readonly voxelMl: number;
  readonly volumeMl: number;
}

export function voxelToPatient(grid: Grid, ijk: Vec3): Vec3 {
  return toWorld(grid, ijk);
}

/**
 * The region of a mask over a volume.
 * Fails with MEASURE_GRID where the mask lies on another grid, MEASURE_EMPTY where it has no voxel.
 */
export function regionOf(volume: Volume, mask: Mask): Region {
  if (!sameGrid(volume, mask)) {
    throw new PhotopeakError('The mask does not lie on the grid of the image', {
      code: 'MEASURE_GRID',
      expected: `${volume.size.join('×')} voxels at ${volume.spacingMm.map((mm) => mm.toFixed(3)).join('×')} mm`,
      found: `${mask.size.join('×')} voxels at ${mask.spacingMm.map((mm) => mm.toFixed(3)).join('×')} mm`,
      remedy: 'Resample the mask to the image with nearest-neighbour interpolation first.',
    });
  }
  let count = 0;
  for (const value of mask.data) if (value !== 0) count++;
  if (count === 0) {
    throw new PhotopeakError('The region has no voxel', {
      code: 'MEASURE_EMPTY',
      expected: 'at least one non-zero voxel',
      found: 'none',
      remedy: 'Leave empty segments out of the measurement.',
    });
  }
  const voxels = new Uint32Array(count);
  let next = 0;
  for (let index = 0; index < mask.data.length; index++) if (mask.data[index] !== 0) voxels[next++] = index;
  return regionFrom(volume, voxels);
}

/** The region of the given voxels, which must be in ascending order. */
export function regionFrom(volume: Grid, voxels: Uint32Array): Region {
  const [nx, ny] = volume.size;
  const low: [number, number, number] = [volume.size[0], volume.size[1], volume.size[2]];
  const high: [number, number, number] = [-1, -1, -1];
  for (const index of voxels) {
    const i = index % nx;
    const j = Math.floor(index / nx) % ny;
    const k = Math.floor(index / (nx * ny));
    if (i < low[0]) low[0] = i;
    if (i > high[0]) high[0] = i;
    if (j < low[1]) low[1] = j;
    if (j > high[1]) high[1] = j;
    if (k < low[2]) low[2] = k;
    if (k > high[2]) high[2] = k;
  }
  const voxelMl = (volume.spacingMm[0] * volume.spacingMm[1] * volume.spacingMm[2]) / 1000;
  return { voxels, low, high, voxelMl, volumeMl: voxels.length * voxelMl };
}
