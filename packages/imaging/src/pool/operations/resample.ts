import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { bytesPerVoxel, quantize, type VoxelType, voxelType } from '../../voxels.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';
import { interpolationCodes, RESAMPLE_JOB_BYTES, typeCodes, writeResampleJob } from '../layout.ts';

/** What is the same for all tiles of one resampling. */
export interface ResamplePlan {
  readonly mode: keyof typeof interpolationCodes;
  readonly outside: number;
  /** Size of the source volume. */
  readonly size: Vec3;
  /** Target voxel → source voxel, 3×4. */
  readonly affine: readonly number[];
  readonly field?: {
    readonly size: Vec3;
    /** Target voxel → voxel of the field, 3×4. */
    readonly affine: readonly number[];
    /** Displacement in LPS mm → source voxels, 3×3. */
    readonly fromMm: readonly number[];
  };
}

export interface ResampleTask {
  readonly plan: ResamplePlan;
  readonly target: Source;
  readonly tile: Box;
  /** Left out when the whole tile lies outside of the source. */
  readonly source?: { readonly voxels: Source; readonly box: Box };
  /** Boxes of the field count its triples as three voxels along x. */
  readonly field?: { readonly voxels: Source; readonly box: Box };
}

const nowhere: Box = { start: [0, 0, 0], size: [0, 0, 0] };

/** Bytes of arena that `resampleTile` takes. */
export function resampleBytes(
  mode: ResamplePlan['mode'],
  from: VoxelType,
  to: VoxelType,
  tile: Box,
  source: Box,
  field: Box | undefined,
): number {
  const element = bytesPerVoxel(from);
  const result = bytesPerVoxel(to);
  const floats = mode === 'nearest' || from === 'float32' ? 0 : 4;
  // Nearest keeps the type of the source; into another type it goes through single precision.
  const nearest = from === to ? element : Math.max(element, result) + 4 + result;
  return (
    boxCount(source) * (element + floats) +
    boxCount(tile) * (mode === 'nearest' ? nearest : 4 + result) +
    (field ? boxCount(field) * 12 : 0) +
    tile.size[0] * 24 +
    RESAMPLE_JOB_BYTES +
    4096
  );
}

export function resampleTile(arena: Arena, { plan, target, tile, source, field }: ResampleTask): void {
  const count = boxCount(tile);
  const type = voxelType(target.data);
  const sourceType = source ? voxelType(source.voxels.data) : type;
  const nearest = plan.mode === 'nearest';
  const outType = nearest ? sourceType : 'float32';
  const out = arena.take(count * bytesPerVoxel(outType));
  arena.view(outType, out, count).fill(nearest ? quantize(outType, plan.outside) : plan.outside);
  if (source !== undefined) {
    const voxels = nearest
      ? arena.fetch(source.voxels, source.box)
      : arena.fetchFloats(source.voxels, source.box);
    if (plan.mode === 'cubic') toCoefficients(arena, voxels, source.box.size);
    const job = arena.take(RESAMPLE_JOB_BYTES);
    const scratch = arena.take(tile.size[0] * 24);
    const fieldVoxels = field ? arena.fetch(field.voxels, threefold(field.box)) : 0;
    const fieldBox = field?.box ?? nowhere;
    writeResampleJob(arena.buffer, job, {
      affine: plan.affine,
      toField: plan.field?.affine ?? plan.affine,
      fromMm: plan.field?.fromMm ?? [],
      size: plan.size,
      start: source.box.start,
      box: source.box.size,
      fieldSize: plan.field?.size ?? [0, 0, 0],
      fieldStart: fieldBox.start,
      fieldBox: fieldBox.size,
      tileStart: tile.start,
      tile: tile.size,
      mode: interpolationCodes[plan.mode],
      elementBytes: bytesPerVoxel(sourceType),
      hasField: field ? 1 : 0,
      source: voxels,
      field: fieldVoxels,
      target: out,
      scratch,
    });
    arena.kernels.resample_tile(job);
  }
  if (outType === type) {
    arena.store(target, tile, out);
    return;
  }
  if (!nearest) {
    arena.storeFloats(target, tile, out);
    return;
  }
  // Nearest with another type: both sides in single precision.
  const floats = arena.take(count * 4);
  arena.kernels.to_float(typeCodes[outType], out, floats, count);
  arena.storeFloats(target, tile, floats);
}

/** The same box when each voxel of the field is three numbers along x. */
function threefold({ start, size }: Box): Box {
  return { start: [start[0] * 3, start[1], start[2]], size: [size[0] * 3, size[1], size[2]] };
}

function toCoefficients(arena: Arena, voxels: number, [nx, ny, nz]: Vec3): void {
  const { kernels } = arena;
  kernels.spline_lines(voxels, ny * nz, nx, nx, 1);
  for (let z = 0; z < nz; z++) kernels.spline_lines(voxels + z * nx * ny * 4, nx, 1, ny, nx);
  kernels.spline_lines(voxels, nx * ny, 1, nz, nx * ny);
}
