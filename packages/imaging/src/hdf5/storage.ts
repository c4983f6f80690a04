import { inflateSync } from 'node:zlib';
import { eachLeaf, TREE_OF } from './b-tree.ts';
import type { Message } from './object-header.ts';
import { malformed, Reader } from './reader.ts';

/** Elements of a dataset as they lie in the file, put together from its chunks. */
export function rawElements(
  bytes: Uint8Array,
  layout: Message,
  filters: readonly Filter[],
  shape: readonly number[],
  elementBytes: number,
): Uint8Array {
  const total = shape.reduce((product, n) => product * n, 1) * elementBytes;
  const reader = new Reader(bytes, layout.at);
  const version = reader.u8();
  if (version === 1 || version === 2) {
    const rank = reader.u8();
    const kind = reader.u8();
    reader.skip(5);
    const address = kind === 0 ? undefined : reader.address();
    const sizes = Array.from({ length: rank }, () => reader.u32());
    if (kind === 0) return reader.take(reader.u32()).subarray(0, total);
    if (kind === 1) return contiguous(bytes, address, total);
    return chunked(bytes, address, sizes, filters, shape, elementBytes, total);
  }
  if (version !== 3 && version !== 4) throw malformed('a data layout of version 1 to 4', String(version));
  const kind = reader.u8();
  if (kind === 0) return reader.take(reader.u16()).subarray(0, total);
  if (kind === 1) return contiguous(bytes, reader.address(), total);
  if (kind !== 2 || version === 4)
    throw malformed('contiguous, compact or chunked data with a version 1 index', 'a newer index of chunks');
  const rank = reader.u8();
  const address = reader.address();
  const sizes = Array.from({ length: rank }, () => reader.u32());
  return chunked(bytes, address, sizes, filters, shape, elementBytes, total);
}

function contiguous(bytes: Uint8Array, address: number | undefined, total: number): Uint8Array {
  return address === undefined ? new Uint8Array(total) : new Reader(bytes, address).take(total);
}

/** `sizes` of a chunk, the bytes of an element last. */
function chunked(
  bytes: Uint8Array,
  root: number | undefined,
  sizes: readonly number[],
  filters: readonly Filter[],
  shape: readonly number[],
  elementBytes: number,
  total: number,
): Uint8Array {
  const out = new Uint8Array(total);
  const chunk = sizes.slice(0, shape.length);
  const expected = chunk.reduce((product, n) => product * n, 1) * elementBytes;
  const readKey = (reader: Reader) => {
    const stored = reader.u32();
    const mask = reader.u32();
    const start = Array.from({ length: shape.length }, () => reader.length());
    reader.skip(8);
    return { stored, mask, start };
  };
  if (root !== undefined) {
    eachLeaf(bytes, root, TREE_OF.chunks, readKey, (child, { stored, mask, start }) => {
      const raw = unfiltered(new Reader(bytes, child).take(stored), filters, mask, expected);
      if (raw.length < expected) throw malformed(`a chunk of ${expected} bytes`, `${raw.length}`);
      place(raw, chunk, start, out, shape, elementBytes);
    });
  }
  return out;
}

/** Copies a chunk to its place, row by row; what lies beyond the dataset is left out. */
function place(
  raw: Uint8Array,
  chunk: readonly number[],
  start: readonly number[],
  out: Uint8Array,
  shape: readonly number[],
  elementBytes: number,
): void {
  const rank = shape.length;
  const copy = (axis: number, from: number, to: number) => {
    const count = Math.min(chunk[axis]!, shape[axis]! - start[axis]!);
    if (axis === rank - 1) {
      const source = raw.subarray(from * elementBytes, (from + count) * elementBytes);
      out.set(source, (to + start[axis]!) * elementBytes);
      return;
    }
    for (let n = 0; n < count; n++)
      copy(axis + 1, (from + n) * chunk[axis + 1]!, (to + start[axis]! + n) * shape[axis + 1]!);
  };
  copy(0, 0, 0);
}

export interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;

/** The filter pipeline message (HDF5 File Format Specification IV.A.2.l). */
export function readFilters(bytes: Uint8Array, message: Message | undefined): Filter[] {
  if (message === undefined) return [];
  const reader = new Reader(bytes, message.at);
  const version = reader.u8();
  const count = reader.u8();
  if (version === 1) reader.skip(6);
  return Array.from({ length: count }, () => {
    const id = reader.u16();
    const nameLength = version === 1 || id >= 256 ? reader.u16() : 0;
    reader.skip(2);
    const values = reader.u16();
    reader.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    const list = Array.from({ length: values }, () => reader.u32());
    if (version === 1 && values % 2 === 1) reader.skip(4);
    return { id, values: list };
  });
}

function unfiltered(
  stored: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  expected: number,
): Uint8Array {
  let data = stored;
  for (let n = filters.length - 1; n >= 0; n--) {
    if ((mask & (1 << n)) !== 0) continue;
    const { id, values } = filters[n]!;
    if (id === DEFLATE) data = inflateSync(data, { maxOutputLength: Math.max(64, 2 * expected) });
    else if (id === SHUFFLE) data = unshuffled(data, values[0]);
    else if (id === FLETCHER32) data = data.subarray(0, data.length - 4);
    else throw malformed('the filters gzip, shuffle and fletcher32', `filter ${id}`);
  }
  return data;
}

function unshuffled(data: Uint8Array, elementBytes = 0): Uint8Array {
  if (elementBytes === 0) throw malformed('the bytes of an element for shuffle', 'none');
  const count = Math.floor(data.length / elementBytes);
  const out = new Uint8Array(data.length);
  for (let byte = 0; byte < elementBytes; byte++)
    for (let n = 0; n < count; n++) out[n * elementBytes + byte] = data[byte * count + n]!;
  out.set(data.subarray(count * elementBytes), count * elementBytes);
  return out;
}
