import { PhotopeakError } from './errors.ts';
import type { Mat4 } from './volume.ts';
import type { VoxelType } from './voxels.ts';

/** NIfTI-1 header (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h): offsets of the fields used. */
export const HEADER_BYTES = 348;
/** Header, four bytes of extension flag, then voxels, in a single .nii file. */
export const SINGLE_FILE_OFFSET = 352;

export type StoredType = VoxelType | 'int64' | 'uint64';

/** NIfTI datatype codes of voxels that one number describes. */
export const storedTypes: ReadonlyMap<number, { readonly type: StoredType; readonly bytes: number }> =
  new Map([
    [2, { type: 'uint8', bytes: 1 }],
    [4, { type: 'int16', bytes: 2 }],
    [8, { type: 'int32', bytes: 4 }],
    [16, { type: 'float32', bytes: 4 }],
    [64, { type: 'float64', bytes: 8 }],
    [256, { type: 'int8', bytes: 1 }],
    [512, { type: 'uint16', bytes: 2 }],
    [768, { type: 'uint32', bytes: 4 }],
    [1024, { type: 'int64', bytes: 8 }],
    [1280, { type: 'uint64', bytes: 8 }],
  ]);

export interface NiftiHeader {
  readonly littleEndian: boolean;
  readonly size: readonly [number, number, number];
  readonly type: StoredType;
  readonly bytesPerVoxel: number;
  /** Where the voxels start. */
  readonly offset: number;
  readonly slope: number;
  readonly intercept: number;
  /** Voxel index → RAS mm. */
  readonly toRas: Mat4;
  readonly unit: string;
}

export function niftiError(code: string, message: string, expected: string, found: string): PhotopeakError {
  return new PhotopeakError(message, { code, expected, found, remedy: 'export the image as NIfTI-1 again' });
}

/** Reads the 348 bytes. Throws `NIFTI_HEADER`, `NIFTI_UNSUPPORTED`. */
export function readHeader(bytes: Uint8Array): NiftiHeader {
  if (bytes.length < HEADER_BYTES) {
    throw niftiError('NIFTI_TRUNCATED', 'the file ends within its header', '348 bytes', `${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getInt32(0, true) === HEADER_BYTES;
  if (!littleEndian && view.getInt32(0, false) !== HEADER_BYTES) {
    const isSecond = view.getInt32(0, true) === 540 || view.getInt32(0, false) === 540;
    throw niftiError(
      isSecond ? 'NIFTI_UNSUPPORTED' : 'NIFTI_HEADER',
      isSecond ? 'this is a NIfTI-2 file' : 'this is not a NIfTI file',
      'NIfTI-1 (header size 348)',
      `header size ${view.getInt32(0, true)}`,
    );
  }
  const short = (at: number) => view.getInt16(at, littleEndian);
  const float = (at: number) => view.getFloat32(at, littleEndian);
  const magic = text(bytes, 344, 4);
  if (magic === 'ni1') {
    throw niftiError(
      'NIFTI_UNSUPPORTED',
      'voxels lie in a second file',
      'a single .nii file',
      '.hdr and .img',
    );
  }
  const dimensions = short(40);
  if (dimensions < 1 || dimensions > 7) {
    throw niftiError('NIFTI_HEADER', 'the number of dimensions is wrong', '1 to 7', `${dimensions}`);
  }
  const extent = (axis: number) => (axis <= dimensions ? short(40 + 2 * axis) : 1);
  for (let axis = 1; axis <= 7; axis++) {
    if (extent(axis) < 1 || (axis > 3 && extent(axis) !== 1)) {
      throw niftiError(
        'NIFTI_UNSUPPORTED',
        'only a single volume can be read',
        'three dimensions above zero, all others 1',
        `dimension ${axis} is ${extent(axis)}`,
      );
    }
  }
  const stored = storedTypes.get(short(70));
  if (stored === undefined) {
    throw niftiError(
      'NIFTI_UNSUPPORTED',
      'voxels of this type cannot be read',
      'integers of 8 to 64 bits or real numbers of 32 or 64 bits',
      `datatype ${short(70)}`,
    );
  }
  const slope = float(112);
  const intercept = float(116);
  const scaled = slope !== 0 && Number.isFinite(slope) && Number.isFinite(intercept);
  const offset = float(108);
  return {
    littleEndian,
    size: [extent(1), extent(2), extent(3)],
    type: stored.type,
    bytesPerVoxel: stored.bytes,
    offset: Number.isFinite(offset) && offset >= SINGLE_FILE_OFFSET ? Math.trunc(offset) : SINGLE_FILE_OFFSET,
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
    toRas: readTransform(short, float, view.getUint8(123)),
    unit: text(bytes, 148, 9) === 'photopeak' ? text(bytes, 328, 16) : '1',
  };
}

/** Spatial units of xyzt_units, bits 0 to 2: unknown, metre, millimetre, micrometre. */
const millimetresPer = new Map([
  [0, 1],
  [1, 1000],
  [2, 1],
  [3, 0.001],
]);

function readTransform(short: (at: number) => number, float: (at: number) => number, units: number): Mat4 {
  const mm = millimetresPer.get(units & 7) ?? 1;
  const qformCode = short(252);
  const sformCode = short(254);
  if (sformCode > 0) {
    const row = (at: number) => [float(at), float(at + 4), float(at + 8), float(at + 12)].map((v) => v * mm);
    return [...row(280), ...row(296), ...row(312), 0, 0, 0, 1] as unknown as Mat4;
  }
  const [dx, dy, dz] = [float(80), float(84), float(88)].map(
    (v) => (Math.abs(v) > 0 ? Math.abs(v) : 1) * mm,
  ) as [number, number, number];
  if (qformCode <= 0) return [dx, 0, 0, 0, 0, dy, 0, 0, 0, 0, dz, 0, 0, 0, 0, 1];
  const b = float(256);
  const c = float(260);
  const d = float(264);
  // As the NIfTI-1 header says: what rounding leaves of a half turn is none.
  const rest = 1 - b * b - c * c - d * d;
  const a = rest < 1e-7 ? 0 : Math.sqrt(rest);
  const n = 1 / (a * a + b * b + c * c + d * d);
  const sign = float(76) < 0 ? -1 : 1;
  const [x, y, z] = [float(268) * mm, float(272) * mm, float(276) * mm];
  const rotation = [
    a * a + b * b - c * c - d * d,
    2 * (b * c - a * d),
    2 * (b * d + a * c),
    2 * (b * c + a * d),
    a * a + c * c - b * b - d * d,
    2 * (c * d - a * b),
    2 * (b * d - a * c),
    2 * (c * d + a * b),
    a * a + d * d - b * b - c * c,
  ].map((value) => value * n) as [number, number, number, number, number, number, number, number, number];
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8] = rotation;
  const k = dz * sign;
  return [r0 * dx, r1 * dy, r2 * k, x, r3 * dx, r4 * dy, r5 * k, y, r6 * dx, r7 * dy, r8 * k, z, 0, 0, 0, 1];
}

function text(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}
