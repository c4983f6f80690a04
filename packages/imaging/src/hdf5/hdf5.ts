import { PhotopeakError } from '../errors.ts';
import { eachLeaf, TREE_OF } from './b-tree.ts';
import { type Hdf5Type, readDatatype } from './datatype.ts';
import { type Message, messagesAt } from './object-header.ts';
import { guarded, malformed, Reader } from './reader.ts';
import { rawElements, readFilters } from './storage.ts';

/** A dataset: its numbers, or the records that it holds. */
export interface Hdf5Dataset {
  readonly path: string;
  /** Slowest axis first, as HDF5 states it; the last runs fastest in `numbers`. */
  readonly shape: readonly number[];
  readonly type: Hdf5Type;
  /** All elements in order. Throws `HDF5_UNREADABLE` where they are no numbers. */
  numbers(): Float32Array | Float64Array;
  /** All elements as JavaScript values: numbers, texts, lists, objects by member name. */
  values(): unknown[];
}

export interface Hdf5File {
  /** Paths of all datasets, e.g. `/exchange/data`. */
  readonly paths: readonly string[];
  /** Throws `HDF5_NO_DATASET` where there is none of that path, `HDF5_UNREADABLE`. */
  dataset(path: string): Hdf5Dataset;
}

const SIGNATURE = '\x89HDF\r\n\x1a\n';
const MESSAGE = { dataspace: 1, link: 6, datatype: 3, layout: 8, filters: 11, symbolTable: 17 } as const;
const MOST_DATASETS = 10_000;
/** Records and texts of a real file stay far below; each takes many times its bytes as JavaScript's. */
const MOST_VALUES = 1 << 22;

export function isHdf5(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 8)).toString('latin1') === SIGNATURE;
}

/**
 * Opens an HDF5 file (File Format Specification 3.0): superblocks 0 to 3, groups by symbol table or by links in the
 * header, numbers of up to 8 bytes, text, records, arrays and lists; contiguous, compact and chunked data with gzip and
 * shuffle. What newer writers may choose beyond that (dense groups, other indices of chunks, other filters) is refused
 * with `HDF5_UNREADABLE`.
 */
export function readHdf5(bytes: Uint8Array): Hdf5File {
  if (!isHdf5(bytes)) throw malformed('the signature of HDF5', 'other bytes');
  const datasets = new Map<string, readonly Message[]>();
  guarded(() => walk(bytes, rootAddress(bytes), '', datasets, new Set()));
  return {
    paths: [...datasets.keys()],
    dataset(path) {
      const messages = datasets.get(path);
      if (messages === undefined) {
        throw new PhotopeakError('the HDF5 file has no such dataset', {
          code: 'HDF5_NO_DATASET',
          expected: path,
          found: [...datasets.keys()].join(', ') || 'no dataset',
          remedy: 'name one of those that were found',
        });
      }
      return guarded(() => openDataset(bytes, path, messages));
    },
  };
}

function rootAddress(bytes: Uint8Array): number {
  const reader = new Reader(bytes, 8);
  const version = reader.u8();
  const sizesAt = version < 2 ? 13 : 9;
  if (version > 3 || bytes[sizesAt] !== 8 || bytes[sizesAt + 1] !== 8)
    throw malformed('a superblock of version 0 to 3 with addresses of 8 bytes', `version ${version}`);
  reader.at = version < 2 ? 24 + (version === 1 ? 4 : 0) + 4 * 8 + 8 : 12 + 3 * 8;
  const address = reader.address();
  if (address === undefined) throw malformed('a root group', 'none');
  return address;
}

/** Collects the datasets below an object; objects that were seen are not entered again. */
function walk(
  bytes: Uint8Array,
  address: number,
  path: string,
  datasets: Map<string, readonly Message[]>,
  seen: Set<number>,
): void {
  if (seen.has(address)) return;
  seen.add(address);
  const messages = messagesAt(bytes, address);
  if (messages.some(({ type }) => type === MESSAGE.layout)) {
    if (datasets.size >= MOST_DATASETS) throw malformed('less than 10 000 datasets', 'more');
    datasets.set(path, messages);
    return;
  }
  for (const { type, at } of messages) {
    if (type === MESSAGE.symbolTable) {
      for (const child of symbols(bytes, at))
        walk(bytes, child.address, `${path}/${child.name}`, datasets, seen);
    } else if (type === MESSAGE.link) {
      const child = link(bytes, at);
      if (child !== undefined) walk(bytes, child.address, `${path}/${child.name}`, datasets, seen);
    }
  }
}

interface Child {
  readonly name: string;
  readonly address: number;
}

function link(bytes: Uint8Array, at: number): Child | undefined {
  const reader = new Reader(bytes, at + 1);
  const flags = reader.u8();
  const kind = (flags & 8) !== 0 ? reader.u8() : 0;
  if ((flags & 4) !== 0) reader.skip(8);
  if ((flags & 16) !== 0) reader.skip(1);
  const name = reader.text(reader.uint(1 << (flags & 3)));
  const address = kind === 0 ? reader.address() : undefined;
  return address === undefined ? undefined : { name, address };
}

/** The entries of a group with a symbol table: a B-tree of nodes, and a heap of names. */
function symbols(bytes: Uint8Array, at: number): Child[] {
  const message = new Reader(bytes, at);
  const tree = message.address();
  const heap = message.address();
  if (tree === undefined || heap === undefined) return [];
  const heapReader = new Reader(bytes, heap);
  heapReader.signature('HEAP');
  heapReader.skip(4 + 16);
  const names = heapReader.address();
  if (names === undefined) return [];
  const children: Child[] = [];
  const skipKey = (reader: Reader) => reader.skip(8);
  eachLeaf(bytes, tree, TREE_OF.group, skipKey, (node) => children.push(...symbolNode(bytes, node, names)));
  return children;
}

function symbolNode(bytes: Uint8Array, address: number, names: number): Child[] {
  const reader = new Reader(bytes, address);
  reader.signature('SNOD');
  reader.skip(2);
  const count = reader.u16();
  return Array.from({ length: count }, () => {
    const name = new Reader(bytes, names + reader.length()).name();
    const header = reader.address();
    reader.skip(24);
    return header === undefined ? undefined : { name, address: header };
  }).filter((child): child is Child => child !== undefined);
}

function openDataset(bytes: Uint8Array, path: string, messages: readonly Message[]): Hdf5Dataset {
  const find = (type: number) => messages.find((message) => message.type === type);
  const [space, kind, layout] = [MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.layout].map(find);
  if (space === undefined || kind === undefined || layout === undefined)
    throw malformed(`a shape and a type for ${path}`, 'none');
  const shape = readShape(bytes, space);
  const type = readDatatype(new Reader(bytes, kind.at));
  const count = shape.reduce((product, n) => product * n, 1);
  const raw = () => {
    // No chunk can say more than the file holds some thousand times over.
    if (!(count * type.bytes < 2 ** 31)) throw malformed('less than 2 GB in a dataset', `${count} elements`);
    return rawElements(bytes, layout, readFilters(bytes, find(MESSAGE.filters)), shape, type.bytes);
  };
  return {
    path,
    shape,
    type,
    numbers: () =>
      guarded(() => {
        const single = type.kind === 'float' && type.bytes === 4;
        if (type.kind !== 'integer' && type.kind !== 'float')
          throw malformed(`numbers in ${path}`, type.kind);
        const data = raw();
        const numbers = single ? new Float32Array(count) : new Float64Array(count);
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        for (let n = 0; n < count; n++) numbers[n] = numberAt(view, n * type.bytes, type);
        return numbers;
      }),
    values: () =>
      guarded(() => {
        if (count > MOST_VALUES) throw malformed(`at most ${MOST_VALUES} values in ${path}`, `${count}`);
        const data = raw();
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        return Array.from({ length: count }, (_, n) => valueAt(bytes, view, n * type.bytes, type));
      }),
  };
}

function readShape(bytes: Uint8Array, { at }: Message): number[] {
  const reader = new Reader(bytes, at);
  const version = reader.u8();
  const rank = reader.u8();
  reader.skip(version === 1 ? 6 : 2);
  return Array.from({ length: rank }, () => reader.length());
}

function numberAt(
  view: DataView,
  at: number,
  type: Extract<Hdf5Type, { kind: 'integer' | 'float' }>,
): number {
  const little = !type.bigEndian;
  if (type.kind === 'float') {
    if (type.bytes === 4) return view.getFloat32(at, little);
    if (type.bytes === 8) return view.getFloat64(at, little);
  } else {
    if (type.bytes === 1) return type.signed ? view.getInt8(at) : view.getUint8(at);
    if (type.bytes === 2) return type.signed ? view.getInt16(at, little) : view.getUint16(at, little);
    if (type.bytes === 4) return type.signed ? view.getInt32(at, little) : view.getUint32(at, little);
    if (type.bytes === 8)
      return Number(type.signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little));
  }
  throw malformed('numbers of 1, 2, 4 or 8 bytes', `${type.bytes} bytes`);
}

function valueAt(file: Uint8Array, view: DataView, at: number, type: Hdf5Type): unknown {
  switch (type.kind) {
    case 'integer':
    case 'float':
      return numberAt(view, at, type);
    case 'text': {
      const bytes = Buffer.from(view.buffer, view.byteOffset + at, type.bytes);
      const end = bytes.indexOf(0);
      return bytes.subarray(0, end < 0 ? type.bytes : end).toString('utf8');
    }
    case 'record':
      return Object.fromEntries(
        type.members.map(({ name, offset, type: member }) => [
          name,
          valueAt(file, view, at + offset, member),
        ]),
      );
    case 'array':
      return Array.from({ length: type.count }, (_, n) =>
        valueAt(file, view, at + n * type.of.bytes, type.of),
      );
    case 'list':
      return listAt(file, view, at, type);
  }
}

/** Elements of a list in the global heap (HDF5 File Format Specification III.E). */
function listAt(
  file: Uint8Array,
  view: DataView,
  at: number,
  { of, text }: Extract<Hdf5Type, { kind: 'list' }>,
): unknown {
  const count = view.getUint32(at, true);
  if (count === 0) return text ? '' : of.kind === 'float' ? new Float32Array(0) : [];
  const heap = Number(view.getBigUint64(at + 4, true));
  const index = view.getUint32(at + 12, true);
  const bytes = heapObject(file, heap, index, count * of.bytes);
  if (text) return Buffer.from(bytes).toString('utf8');
  const elements = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (of.kind === 'float' && of.bytes === 4) {
    return Float32Array.from({ length: count }, (_, n) => numberAt(elements, 4 * n, of));
  }
  return Array.from({ length: count }, (_, n) => valueAt(file, elements, n * of.bytes, of));
}

function heapObject(file: Uint8Array, heap: number, wanted: number, length: number): Uint8Array {
  const reader = new Reader(file, heap);
  reader.signature('GCOL');
  reader.skip(4);
  const end = heap + reader.length();
  while (reader.at + 16 <= end) {
    const index = reader.u16();
    reader.skip(6);
    const size = reader.length();
    if (index === wanted) {
      if (size < length) throw malformed(`${length} bytes in a list`, `${size}`);
      return reader.take(length);
    }
    if (index === 0) break;
    reader.skip(Math.ceil(size / 8) * 8);
  }
  throw malformed('the elements of a list', `no object ${wanted} in the heap`);
}
