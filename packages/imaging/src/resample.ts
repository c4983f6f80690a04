import { emptyVolume } from './create.ts';
import { identity, multiply, voxelToWorld, worldToVoxel } from './geometry.ts';
import { sampleAtVoxel } from './statistics.ts';
import type { Grid, Mat4, Vec3, Volume, VoxelArray } from './volume.ts';
import { quantize, type VoxelType, voxelType } from './voxels.ts';

/** Displacements in LPS mm, three numbers (x, y, z) for each voxel of the grid, interleaved. */
export interface DisplacementField extends Grid {
  readonly data: Float32Array;
}

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
  /** Voxel type of the result; that of the source when left out (integers are rounded and clamped). */
  readonly type?: VoxelType;
}

export async function resample<T extends VoxelArray>(
  volume: Volume<T>,
  options: ResampleOptions,
): Promise<Volume<T>> {
  const { grid, transform = identity, field, outside = 0 } = options;
  const type = options.type ?? voxelType(volume.data);
  const result = emptyVolume(grid, type, volume.unit);
  const toLps = voxelToWorld(grid);
  const toSource = multiply(worldToVoxel(volume), transform);
  const components =
    field && [0, 1, 2].map((c) => ({ ...field, unit: 'mm', data: field.data.filter((_, i) => i % 3 === c) }));
  const toField = field && worldToVoxel(field);
  const [ni, nj, nk] = grid.size;
  const at = (m: Mat4, [x, y, z]: Vec3): Vec3 => [
    m[0] * x + m[1] * y + m[2] * z + m[3],
    m[4] * x + m[5] * y + m[6] * z + m[7],
    m[8] * x + m[9] * y + m[10] * z + m[11],
  ];
  let index = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        let point = at(toLps, [i, j, k]);
        if (components && toField) {
          const inField = at(toField, point);
          const u = components.map((component) => sampleAtVoxel(component, inField) ?? 0);
          point = [point[0] + u[0]!, point[1] + u[1]!, point[2] + u[2]!];
        }
        let p = at(toSource, point).map((v) =>
          Math.abs(v - Math.round(v)) < 1e-6 ? Math.round(v) : v,
        ) as unknown as Vec3;
        if (options.interpolation === 'nearest')
          p = p.map((v, a) =>
            v >= -0.5 && v <= volume.size[a]! - 0.5 ? Math.min(Math.floor(v + 0.5), volume.size[a]! - 1) : v,
          ) as unknown as Vec3;
        result.data[index++] = quantize(type, sampleAtVoxel(volume, p) ?? outside);
      }
  return result as unknown as Volume<T>;
}
