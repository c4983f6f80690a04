import { type Mask, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { type Diameter, largestDiameter } from './diameter.ts';
import { type Region, regionFrom, regionOf, voxelToPatient } from './region.ts';
import { type SuvPeak, suvPeak } from './suv-peak.ts';

/** Values are in the unit of the volume (SUV: g/ml); positions in LPS mm. */
export interface RegionMeasurement {
  readonly unit: string;
  readonly voxels: number;
  readonly max: number;
  readonly min: number;
  readonly mean: number;
  /** Population standard deviation (divided by the number of voxels, as IBSI's intensity variance). */
  readonly sd: number;
  readonly peak: SuvPeak;
  /** Metabolic tumour volume: number of voxels times the volume of a voxel. */
  readonly mtvMl: number;
  /** Total lesion glycolysis: mean times MTV. */
  readonly tlg: number;
  /** Largest distance between two voxel centres of the region. */
  readonly diameter: Diameter;
  /** Mean position of the voxel centres, each with the same weight. */
  readonly centroid: Vec3;
  readonly maxPosition: Vec3;
  /** Voxel (i, j, k) of the maximum; the first one where several are equal. */
  readonly maxVoxel: Vec3;
}

/**
 * All metrics of one region. The mask must lie on the grid of the volume.
 * Fails with MEASURE_GRID, MEASURE_EMPTY, or MEASURE_NOT_FINITE.
 */
export function measureRegion(volume: Volume, mask: Mask): RegionMeasurement {
  return measure(volume, regionOf(volume, mask));
}

/** As `measureRegion`, for the linear indices of the region's voxels in ascending order; at least one. */
export function measureVoxels(volume: Volume, voxels: Uint32Array): RegionMeasurement {
  return measure(volume, regionFrom(volume, voxels));
}

function measure(volume: Volume, region: Region): RegionMeasurement {
  const [nx, ny] = volume.size;
  let sum = 0;
  let max = Number.NEGATIVE_INFINITY;
  let min = Number.POSITIVE_INFINITY;
  let maxIndex = 0;
  const centre: [number, number, number] = [0, 0, 0];
  for (const index of region.voxels) {
    const value = volume.data[index]!;
    if (!Number.isFinite(value)) {
      throw new PhotopeakError('The region contains a voxel without a value', {
        code: 'MEASURE_NOT_FINITE',
        expected: 'finite voxel values',
        found: String(value),
        where: `voxel ${index}`,
        remedy: 'Exclude voxels without a value from the region.',
      });
    }
    sum += value;
    if (value > max) {
      max = value;
      maxIndex = index;
    }
    if (value < min) min = value;
    centre[0] += index % nx;
    centre[1] += Math.floor(index / nx) % ny;
    centre[2] += Math.floor(index / (nx * ny));
  }
  const count = region.voxels.length;
  const mean = sum / count;
  let squares = 0;
  for (const index of region.voxels) squares += (volume.data[index]! - mean) ** 2;
  const maxVoxel: Vec3 = [maxIndex % nx, Math.floor(maxIndex / nx) % ny, Math.floor(maxIndex / (nx * ny))];
  return {
    unit: volume.unit,
    voxels: count,
    max,
    min,
    mean,
    sd: Math.sqrt(squares / count),
    peak: suvPeak(volume, region),
    mtvMl: region.volumeMl,
    tlg: mean * region.volumeMl,
    diameter: largestDiameter(volume, region),
    centroid: voxelToPatient(volume, [centre[0] / count, centre[1] / count, centre[2] / count]),
    maxPosition: voxelToPatient(volume, maxVoxel),
    maxVoxel,
  };
}
