import { allocateShared } from './shared-memory.ts';
import type { VoxelArray } from './volume.ts';

/** Names of the voxel types. */
export type VoxelType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

export interface VoxelArrays {
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly uint16: Uint16Array;
  readonly int16: Int16Array;
  readonly uint32: Uint32Array;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

interface TypeRow {
  readonly bytes: number;
  readonly integer: boolean;
  readonly min: number;
  readonly max: number;
  readonly view: (buffer: ArrayBufferLike, byteOffset: number, length: number) => VoxelArray;
}

const rows: { readonly [T in VoxelType]: TypeRow } = {
  uint8: { bytes: 1, integer: true, min: 0, max: 255, view: (b, o, n) => new Uint8Array(b, o, n) },
  int8: { bytes: 1, integer: true, min: -128, max: 127, view: (b, o, n) => new Int8Array(b, o, n) },
  uint16: { bytes: 2, integer: true, min: 0, max: 65535, view: (b, o, n) => new Uint16Array(b, o, n) },
  int16: { bytes: 2, integer: true, min: -32768, max: 32767, view: (b, o, n) => new Int16Array(b, o, n) },
  uint32: { bytes: 4, integer: true, min: 0, max: 4294967295, view: (b, o, n) => new Uint32Array(b, o, n) },
  int32: {
    bytes: 4,
    integer: true,
    min: -2147483648,
    max: 2147483647,
    view: (b, o, n) => new Int32Array(b, o, n),
  },
  float32: {
    bytes: 4,
    integer: false,
    min: Number.NEGATIVE_INFINITY,
    max: Number.POSITIVE_INFINITY,
    view: (b, o, n) => new Float32Array(b, o, n),
  },
  float64: {
    bytes: 8,
    integer: false,
    min: Number.NEGATIVE_INFINITY,
    max: Number.POSITIVE_INFINITY,
    view: (b, o, n) => new Float64Array(b, o, n),
  },
};

export function voxelType(data: VoxelArray): VoxelType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int16Array) return 'int16';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Uint16Array) return 'uint16';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint32Array) return 'uint32';
  return 'float64';
}

export function bytesPerVoxel(type: VoxelType): number {
  return rows[type].bytes;
}

/** A typed array over part of an existing buffer. */
export function voxelView<T extends VoxelType>(
  type: T,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): VoxelArrays[T] {
  return rows[type].view(buffer, byteOffset, length) as VoxelArrays[T];
}

/**
 * Zeroed voxels in shared memory, so that the worker threads of this package read and write them in place.
 * Arrays of other origin are accepted everywhere too; they are staged to the workers piece by piece.
 */
export function allocateVoxels<T extends VoxelType>(type: T, count: number): VoxelArrays[T] {
  return voxelView(type, allocateShared(count * rows[type].bytes), 0, count);
}

/** The nearest value that the type can hold: integers are rounded (halves to even) and clamped, NaN becomes 0. */
export function quantize(type: VoxelType, value: number): number {
  const row = rows[type];
  if (!row.integer) return value;
  if (Number.isNaN(value)) return 0;
  if (value <= row.min) return row.min;
  if (value >= row.max) return row.max;
  const below = Math.floor(value);
  const part = value - below;
  if (part === 0.5) return below % 2 === 0 ? below : below + 1;
  return part < 0.5 ? below : below + 1;
}
