import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Hdf5File, isHdf5, PhotopeakError, readHdf5, readNifti } from '@photopeak/imaging';

/** Numbers of a file with their axes, slowest first. */
export interface Stack {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Set where the elements are pairs of real and imaginary part; `shape` counts the pairs. */
  readonly complex: boolean;
}

/** A file of numbers that may hold several sets of them. */
export interface StackFile {
  /** The named dataset of an HDF5 file; other files hold one set. */
  stack(dataset?: string): Stack;
  readonly hdf5?: Hdf5File;
}

export interface RawLayout {
  readonly shape: readonly number[];
  readonly type: 'uint8' | 'uint16' | 'int16' | 'float32' | 'float64';
  readonly bigEndian: boolean;
  readonly skipBytes: number;
}

function unreadable(file: string, expected: string, found: string, cause?: unknown): PhotopeakError {
  return new PhotopeakError('the projections cannot be read', {
    code: 'RECONSTRUCTION_INPUT_UNREADABLE',
    expected,
    found,
    where: path.basename(file),
    remedy: 'give HDF5, NIfTI, MetaImage (.mha), NumPy (.npy), or raw numbers whose size the geometry states',
    cause,
  });
}

/** Opens a stack of any known kind. `raw` says what a file of plain numbers holds. Throws `RECONSTRUCTION_INPUT_UNREADABLE`. */
export async function openStack(file: string, raw?: RawLayout): Promise<StackFile> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const found = cause instanceof Error && 'code' in cause ? String(cause.code) : 'none';
    throw unreadable(file, 'a file that can be read', found, cause);
  });
  const refuse = (expected: string, found: string) => unreadable(file, expected, found);
  if (isHdf5(bytes)) {
    const hdf5 = readHdf5(bytes);
    return {
      hdf5,
      stack(dataset) {
        const chosen = dataset ?? defaultDataset(hdf5, refuse);
        const { shape, numbers } = hdf5.dataset(chosen);
        return { shape, data: Float32Array.from(numbers()), complex: false };
      },
    };
  }
  const one = (stack: Stack): StackFile => ({ stack: () => stack });
  if (/\.nii(\.gz)?$/i.test(file)) {
    const { size, data } = readNifti(bytes);
    return one({ shape: [...size].reverse(), data: Float32Array.from(data), complex: false });
  }
  if (/\.mha$/i.test(file)) return one(readMetaImage(bytes, refuse));
  if (bytes.subarray(1, 6).toString('latin1') === 'NUMPY') return one(readNumpy(bytes, refuse));
  if (raw === undefined) throw refuse('a known format', 'raw numbers of unknown size');
  const count = product(raw.shape);
  return one({ shape: raw.shape, data: numbers(bytes, raw.skipBytes, count, raw, refuse), complex: false });
}

type Refuse = (expected: string, found: string) => PhotopeakError;
const product = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

/** Where instruments of the Data Exchange convention keep their views. */
const USUAL_DATASET = '/exchange/data';

function defaultDataset({ paths }: Hdf5File, refuse: Refuse): string {
  if (paths.includes(USUAL_DATASET)) return USUAL_DATASET;
  if (paths.length === 1) return paths[0]!;
  throw refuse('data.dataset in the geometry', paths.join(', '));
}

const readers = {
  uint8: [1, (view: DataView, at: number) => view.getUint8(at)],
  int8: [1, (view: DataView, at: number) => view.getInt8(at)],
  uint16: [2, (view: DataView, at: number, little: boolean) => view.getUint16(at, little)],
  int16: [2, (view: DataView, at: number, little: boolean) => view.getInt16(at, little)],
  uint32: [4, (view: DataView, at: number, little: boolean) => view.getUint32(at, little)],
  int32: [4, (view: DataView, at: number, little: boolean) => view.getInt32(at, little)],
  float32: [4, (view: DataView, at: number, little: boolean) => view.getFloat32(at, little)],
  float64: [8, (view: DataView, at: number, little: boolean) => view.getFloat64(at, little)],
} as const satisfies Record<
  string,
  readonly [number, (view: DataView, at: number, little: boolean) => number]
>;

function numbers(
  bytes: Buffer,
  from: number,
  count: number,
  { type, bigEndian }: { readonly type: keyof typeof readers; readonly bigEndian: boolean },
  refuse: Refuse,
): Float32Array {
  const [size, read] = readers[type];
  if (from + count * size > bytes.length)
    throw refuse(`${count} numbers of ${size} bytes`, `${bytes.length - from} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, count * size);
  const data = new Float32Array(count);
  for (let n = 0; n < count; n++) data[n] = read(view, n * size, !bigEndian);
  return data;
}

/** NumPy's format, versions 1 to 3: a Python literal with type, order and shape, then the elements. */
function readNumpy(bytes: Buffer, refuse: Refuse): Stack {
  if (bytes.length < 12) throw refuse('the header of a NumPy array', `${bytes.length} bytes`);
  const long = bytes[6]! >= 2;
  const length = long ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = long ? 12 : 10;
  const header = bytes.subarray(start, start + length).toString('latin1');
  const descr = /'descr':\s*'([<>|])([uifc])(\d+)'/.exec(header);
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(Number);
  if (descr === null || shape.length === 0 || !shape.every((n) => Number.isInteger(n) && n > 0))
    throw refuse('numbers with a shape', header.trim().slice(0, 80));
  if (/'fortran_order':\s*True/.test(header)) throw refuse('an array in C order', 'Fortran order');
  const complex = descr[2] === 'c';
  const bits = (Number(descr[3]) * 8) / (complex ? 2 : 1);
  const kind = { u: 'uint', i: 'int', f: 'float', c: 'float' }[descr[2]!]!;
  const type = `${kind}${bits}`;
  if (!(type in readers)) throw refuse(`one of ${Object.keys(readers).join(', ')}`, type);
  const layout = { type: type as keyof typeof readers, bigEndian: descr[1] === '>' };
  const count = product(shape) * (complex ? 2 : 1);
  return { shape, data: numbers(bytes, start + length, count, layout, refuse), complex };
}

const metaTypes: Readonly<Record<string, keyof typeof readers>> = {
  MET_UCHAR: 'uint8',
  MET_CHAR: 'int8',
  MET_USHORT: 'uint16',
  MET_SHORT: 'int16',
  MET_UINT: 'uint32',
  MET_INT: 'int32',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};

/** One MetaImage file with its numbers inside, not compressed. */
function readMetaImage(bytes: Buffer, refuse: Refuse): Stack {
  const marker = bytes.indexOf('ElementDataFile');
  const end = bytes.indexOf(0x0a, marker) + 1;
  const fields = new Map(
    bytes
      .subarray(0, Math.max(0, end))
      .toString('latin1')
      .split('\n')
      .map((line) => line.split('=').map((part) => part.trim()) as [string, string]),
  );
  const type = metaTypes[fields.get('ElementType') ?? ''];
  const size = (fields.get('DimSize') ?? '').split(/\s+/).map(Number);
  if (marker < 0 || fields.get('ElementDataFile') !== 'LOCAL')
    throw refuse('numbers in the file', 'another file');
  if (type === undefined || !size.every((n) => Number.isInteger(n) && n > 0))
    throw refuse('ElementType and DimSize', `${fields.get('ElementType')}, ${fields.get('DimSize')}`);
  if (/true/i.test(fields.get('CompressedData') ?? ''))
    throw refuse('numbers that are not compressed', 'compressed');
  const bigEndian = /true/i.test(
    fields.get('BinaryDataByteOrderMSB') ?? fields.get('ElementByteOrderMSB') ?? '',
  );
  const shape = [...size].reverse();
  return { shape, data: numbers(bytes, end, product(shape), { type, bigEndian }, refuse), complex: false };
}
