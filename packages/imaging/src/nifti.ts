import { endianness } from 'node:os';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { createVolume } from './create.ts';
import { voxelToWorld } from './geometry.ts';
import {
  HEADER_BYTES,
  type NiftiHeader,
  niftiError,
  readHeader,
  SINGLE_FILE_OFFSET,
  storedTypes,
} from './nifti-header.ts';
import type { Grid, Mat3, Mat4, Vec3, Volume, VoxelArray } from './volume.ts';
import { allocateVoxels, bytesPerVoxel, type VoxelType, voxelType, voxelView } from './voxels.ts';

/** A header and its extensions; a gzip stream that expands to more than this plus its voxels is refused. */
const MAX_OFFSET = 16 << 20;
/** Compressed bytes that surely hold the header. */
const HEADER_PREFIX = 4096;

/**
 * A NIfTI-1 volume (`.nii`, `.nii.gz`, either byte order). sform is preferred to qform; RAS becomes LPS.
 * With a scale factor (scl_slope other than 1, or an intercept) the voxels become Float32, or Float64 where the
 * stored type has more than 16 bits. 64-bit integers become Int32 where all fit, else Float64.
 * Throws `NIFTI_HEADER`, `NIFTI_TRUNCATED`, `NIFTI_UNSUPPORTED`, `NIFTI_GZIP`.
 */
export function readNifti(bytes: Uint8Array): Volume {
  const file = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes) : bytes;
  const header = readHeader(file);
  const count = header.size[0] * header.size[1] * header.size[2];
  const end = header.offset + count * header.bytesPerVoxel;
  if (file.length < end) {
    throw niftiError('NIFTI_TRUNCATED', 'the file ends within its voxels', `${end} bytes`, `${file.length}`);
  }
  return createVolume(readGrid(header), readVoxels(file, header, count), header.unit);
}

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    const prefix = gunzipSync(bytes.subarray(0, HEADER_PREFIX), { finishFlush: constants.Z_SYNC_FLUSH });
    const header = readHeader(prefix);
    if (header.offset > MAX_OFFSET) {
      throw niftiError(
        'NIFTI_HEADER',
        'voxels start too far behind the header',
        `≤ ${MAX_OFFSET}`,
        `${header.offset}`,
      );
    }
    const [ni, nj, nk] = header.size;
    return gunzipSync(bytes, {
      maxOutputLength: header.offset + ni * nj * nk * header.bytesPerVoxel + MAX_OFFSET,
    });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || String(error.code).startsWith('NIFTI_'))
      throw error;
    throw niftiError(
      'NIFTI_GZIP',
      'the compressed file cannot be expanded',
      'a complete gzip stream',
      String(error.code),
    );
  }
}

function readGrid({ size, toRas }: NiftiHeader): Grid {
  // RAS → LPS: the first two rows change sign.
  const m = toRas.map((value, index) => (index < 8 ? -value + 0 : value));
  const spacing = [0, 1, 2].map((axis) => Math.hypot(m[axis]!, m[axis + 4]!, m[axis + 8]!));
  const direction = [0, 1, 2].flatMap((row) => spacing.map((mm, axis) => m[row * 4 + axis]! / mm));
  return {
    size,
    spacingMm: spacing as unknown as Vec3,
    origin: [m[3]!, m[7]!, m[11]!],
    direction: direction as unknown as Mat3,
  };
}

function readVoxels(file: Uint8Array, header: NiftiHeader, count: number): VoxelArray {
  const raw = file.subarray(header.offset, header.offset + count * header.bytesPerVoxel);
  const scaled = header.slope !== 1 || header.intercept !== 0;
  const { type } = header;
  if (type === 'int64' || type === 'uint64') return readLong(raw, header, count, scaled);
  const stored = allocateVoxels(type, count);
  const target = new Uint8Array(stored.buffer);
  target.set(raw);
  if (header.littleEndian !== (endianness() === 'LE')) swapBytes(target, header.bytesPerVoxel);
  if (!scaled) return stored;
  const isReal = type === 'float32' || type === 'float64';
  const values =
    type === 'float32'
      ? stored
      : allocateVoxels(isReal || bytesPerVoxel(type) > 2 ? 'float64' : 'float32', count);
  for (let index = 0; index < count; index++)
    values[index] = stored[index]! * header.slope + header.intercept;
  return values;
}

function readLong(raw: Uint8Array, header: NiftiHeader, count: number, scaled: boolean): VoxelArray {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (index: number) =>
    Number(
      header.type === 'int64'
        ? view.getBigInt64(index * 8, header.littleEndian)
        : view.getBigUint64(index * 8, header.littleEndian),
    );
  let fits = !scaled;
  for (let index = 0; fits && index < count; index++) fits = (read(index) | 0) === read(index);
  const values = allocateVoxels(fits ? 'int32' : 'float64', count);
  for (let index = 0; index < count; index++) values[index] = read(index) * header.slope + header.intercept;
  return values;
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; width > 1 && at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

const codes = new Map<VoxelType, number>();
for (const [code, { type }] of storedTypes) if (type !== 'int64' && type !== 'uint64') codes.set(type, code);

/**
 * A single-file NIfTI-1 image, gzip-compressed unless `compress` is false. The geometry is written as sform and, where
 * the axes are orthogonal, as qform (both code 1, scanner). The unit is kept in intent_name when it has at most
 * 15 characters. Throws `NIFTI_UNSUPPORTED` for more than 32767 voxels along an axis.
 */
export function writeNifti(
  volume: Volume,
  { compress = true }: { readonly compress?: boolean } = {},
): Uint8Array {
  const type = voxelType(volume.data);
  const bytes = bytesPerVoxel(type);
  if (Math.max(...volume.size) > 32767) {
    throw niftiError(
      'NIFTI_UNSUPPORTED',
      'NIfTI-1 cannot hold this size',
      '≤ 32767',
      volume.size.join(' × '),
    );
  }
  const file = new Uint8Array(SINGLE_FILE_OFFSET + volume.data.length * bytes);
  const littleEndian = endianness() === 'LE';
  writeHeader(new DataView(file.buffer), volume, codes.get(type)!, bytes, littleEndian);
  voxelView(type, file.buffer, SINGLE_FILE_OFFSET, volume.data.length).set(volume.data);
  if (!compress) return file;
  const packed = gzipSync(file, { level: 6 });
  // The operating system byte of RFC 1952: unknown, so that every system writes the same file.
  packed[9] = 255;
  return packed;
}

function writeHeader(view: DataView, volume: Volume, code: number, bytes: number, little: boolean): void {
  const short = (at: number, value: number) => view.setInt16(at, value, little);
  const float = (at: number, value: number) => view.setFloat32(at, value, little);
  const text = (at: number, value: string) => {
    for (let index = 0; index < value.length; index++) view.setUint8(at + index, value.charCodeAt(index));
  };
  view.setInt32(0, HEADER_BYTES, little);
  for (const [axis, n] of [3, ...volume.size, 1, 1, 1, 1].entries()) short(40 + 2 * axis, n);
  short(70, code);
  short(72, bytes * 8);
  const m = voxelToWorld(volume).map((value, index) => (index < 8 ? -value : value)) as unknown as Mat4;
  const qform = quaternion(volume, m);
  for (const [axis, mm] of [qform?.factor ?? 1, ...volume.spacingMm, 1, 1, 1, 1].entries())
    float(76 + 4 * axis, mm);
  float(108, SINGLE_FILE_OFFSET);
  float(112, 1);
  view.setUint8(123, 2);
  text(148, 'photopeak');
  short(252, qform === undefined ? 0 : 1);
  short(254, 1);
  if (qform !== undefined) for (const [index, part] of qform.parts.entries()) float(256 + 4 * index, part);
  for (const [index, column] of [3, 7, 11].entries()) float(268 + 4 * index, m[column]!);
  for (let index = 0; index < 12; index++) float(280 + 4 * index, m[index]!);
  if (volume.unit.length <= 15) text(328, volume.unit);
  text(344, 'n+1');
}

/** quatern_b, c, d and qfac of the rotation; undefined for a sheared grid. */
function quaternion(grid: Grid, toRas: Mat4): { parts: Vec3; factor: number } | undefined {
  const r = [0, 1, 2].map((row) => grid.spacingMm.map((mm, axis) => toRas[row * 4 + axis]! / mm)) as [
    [number, number, number],
    [number, number, number],
    [number, number, number],
  ];
  const dot = (a: number, b: number) => r[0][a]! * r[0][b]! + r[1][a]! * r[1][b]! + r[2][a]! * r[2][b]!;
  if (Math.max(Math.abs(dot(0, 1)), Math.abs(dot(0, 2)), Math.abs(dot(1, 2))) > 1e-4) return undefined;
  const determinant =
    r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
    r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
    r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  const factor = determinant < 0 ? -1 : 1;
  for (const row of r) row[2] *= factor;
  const trace = r[0][0] + r[1][1] + r[2][2];
  const squares = [
    1 + trace,
    1 + r[0][0] - r[1][1] - r[2][2],
    1 + r[1][1] - r[0][0] - r[2][2],
    1 + r[2][2] - r[0][0] - r[1][1],
  ] as const;
  const largest = squares.indexOf(Math.max(...squares));
  const root = 0.5 / Math.sqrt(squares[largest]!);
  const skew = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]] as const;
  const mixed = [r[0][1] + r[1][0], r[0][2] + r[2][0], r[1][2] + r[2][1]] as const;
  const own = 0.5 * Math.sqrt(squares[largest]!);
  const all = (
    [
      [own, skew[0] * root, skew[1] * root, skew[2] * root],
      [skew[0] * root, own, mixed[0] * root, mixed[1] * root],
      [skew[1] * root, mixed[0] * root, own, mixed[2] * root],
      [skew[2] * root, mixed[1] * root, mixed[2] * root, own],
    ] as const
  )[largest]!;
  const sign = all[0] < 0 ? -1 : 1;
  return { parts: [all[1] * sign, all[2] * sign, all[3] * sign], factor };
}
