import { emptyVolume } from './create.ts';
import { PhotopeakError } from './errors.ts';
import { identity, multiply, voxelCount, voxelToWorld, worldToVoxel } from './geometry.ts';
import type { ResamplePlan } from './pool/operations/resample.ts';
import { runPieces } from './pool/pool.ts';
import { Lease, stage, wholeSource } from './pool/staging.ts';
import { type DisplacementField, isWhole, snapped, tiles } from './resample-plan.ts';
import type { Grid, Mat4, Volume, VoxelArray } from './volume.ts';
import { type VoxelArrays, type VoxelType, voxelType } from './voxels.ts';

export type { DisplacementField } from './resample-plan.ts';

export type Interpolation = 'nearest' | 'linear' | 'cubic';

export interface ResampleOptions {
  /** The voxels to compute. */
  readonly grid: Grid;
  /** LPS mm of the target → LPS mm of the source (pull). Identity when left out. */
  readonly transform?: Mat4;
  /**
   * Displacement u of target points; the source point is `transform(x + u(x))`. Interpolated linearly on its own
   * grid, zero outside of it.
   */
  readonly field?: DisplacementField;
  readonly interpolation: Interpolation;
  /** Value of voxels whose point lies outside the source; 0 when left out. */
  readonly outside?: number;
  /** Voxel type of the result; that of the source when left out. */
  readonly type?: VoxelType;
}

/**
 * A volume on other voxels. A volume ends at the outer faces of its voxels: within the outermost half voxel the edge
 * is kept, beyond it `outside` is used. Cubic is the interpolating B-spline (Unser 1999) with mirrored edges. Values
 * are computed in single precision; integer results are rounded (halves to even) and clamped, NaN becomes 0 in them.
 * Where target voxels fall exactly on source voxels (same grid, flips, whole shifts) values are copied unchanged.
 */
export function resample<T extends VoxelType>(
  volume: Volume,
  options: ResampleOptions & { readonly type: T },
): Promise<Volume<VoxelArrays[T]>>;
export function resample<T extends VoxelArray>(
  volume: Volume<T>,
  options: ResampleOptions,
): Promise<Volume<T>>;
export async function resample(volume: Volume, options: ResampleOptions): Promise<Volume> {
  const result = emptyVolume(options.grid, options.type ?? voxelType(volume.data), volume.unit);
  await resampleInto(result, volume, options);
  return result;
}

/** As `resample`, onto the voxels of an existing volume in shared memory. */
export async function resampleInto(
  result: Volume,
  volume: Volume,
  options: Omit<ResampleOptions, 'grid' | 'type'>,
): Promise<void> {
  const grid: Grid = result;
  const { transform = identity, field, outside = 0 } = options;
  checkField(field);
  const from = voxelType(volume.data);
  const to = voxelType(result.data);
  const toSource = multiply(worldToVoxel(volume), transform);
  const affine = snapped(multiply(toSource, voxelToWorld(grid)), grid.size);
  const plan: ResamplePlan = {
    mode: field === undefined && isWhole(affine) ? 'nearest' : options.interpolation,
    outside,
    size: volume.size,
    affine: affine.slice(0, 12),
    ...(field === undefined ? {} : { field: fieldPlan(field, grid, toSource) }),
  };
  const target = wholeSource(result);
  // A field is staged as a volume of three numbers per voxel along x.
  const numbers = field && {
    data: field.data,
    size: [field.size[0] * 3, field.size[1], field.size[2]] as const,
  };
  function* pieces() {
    for (const { tile, source, field: box, bytes } of tiles(plan, field, grid.size, from, to)) {
      const lease = new Lease();
      const task = {
        plan,
        target,
        tile,
        ...(source ? { source: { voxels: stage(volume, source, lease), box: source } } : {}),
        ...(numbers && box
          ? {
              field: {
                voxels: stage(
                  numbers,
                  {
                    start: [box.start[0] * 3, box.start[1], box.start[2]],
                    size: [box.size[0] * 3, box.size[1], box.size[2]],
                  },
                  lease,
                ),
                box,
              },
            }
          : {}),
      };
      yield { task, bytes, lease };
    }
  }
  await runPieces('resampleTile', voxelCount(grid), pieces());
}

function fieldPlan(field: DisplacementField, grid: Grid, toSource: Mat4) {
  const affine = snapped(multiply(worldToVoxel(field), voxelToWorld(grid)), grid.size);
  const m = toSource;
  return {
    size: field.size,
    affine: affine.slice(0, 12),
    fromMm: [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]],
  };
}

function checkField(field: DisplacementField | undefined): void {
  if (field === undefined || field.data.length === 3 * voxelCount(field)) return;
  throw new PhotopeakError('a displacement field and its grid do not fit together', {
    code: 'IMAGING_DATA_LENGTH',
    expected: `${3 * voxelCount(field)} numbers (three per voxel of ${field.size.join(' × ')})`,
    found: `${field.data.length}`,
  });
}
