import type { Vec3 } from '../volume.ts';
import type { VoxelType } from '../voxels.ts';

/** Codes of voxel types in kernels/kernels.h. */
export const typeCodes: { readonly [T in VoxelType]: number } = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  float64: 7,
};

export const interpolationCodes = { nearest: 0, linear: 1, cubic: 2 } as const;

/** The struct `Job` of kernels/resample.c. */
export interface ResampleJob {
  readonly affine: readonly number[];
  readonly toField: readonly number[];
  readonly fromMm: readonly number[];
  readonly size: Vec3;
  readonly start: Vec3;
  readonly box: Vec3;
  readonly fieldSize: Vec3;
  readonly fieldStart: Vec3;
  readonly fieldBox: Vec3;
  readonly tileStart: Vec3;
  readonly tile: Vec3;
  readonly mode: number;
  readonly elementBytes: number;
  readonly hasField: number;
  readonly source: number;
  readonly field: number;
  readonly target: number;
  readonly scratch: number;
}

export const RESAMPLE_JOB_BYTES = 392;

export function writeResampleJob(buffer: ArrayBufferLike, address: number, job: ResampleJob): void {
  const reals = new Float64Array(buffer, address, 33);
  reals.set(job.affine, 0);
  reals.set(job.toField, 12);
  reals.set(job.fromMm, 24);
  new Int32Array(buffer, address + 264, 31).set([
    ...job.size,
    ...job.start,
    ...job.box,
    ...job.fieldSize,
    ...job.fieldStart,
    ...job.fieldBox,
    ...job.tileStart,
    ...job.tile,
    job.mode,
    job.elementBytes,
    job.hasField,
    job.source,
    job.field,
    job.target,
    job.scratch,
  ]);
}
