import { failed } from './failure.ts';

/** Half floats are younger than the types that we compile against. */
interface Halves {
  new (buffer: ArrayBuffer): ArrayLike<number>;
  from(values: ArrayLike<number>): { readonly buffer: ArrayBuffer };
}
const Half = (globalThis as unknown as { readonly Float16Array: Halves }).Float16Array;

interface ElementType {
  readonly width: number;
  read(buffer: ArrayBuffer): ArrayLike<number | bigint>;
}

/** The types of the protocol that a tensor of an image can have, little-endian, without gaps. */
const ELEMENTS: Readonly<Record<string, ElementType>> = {
  FP32: { width: 4, read: (buffer) => new Float32Array(buffer) },
  FP16: { width: 2, read: (buffer) => new Half(buffer) },
  FP64: { width: 8, read: (buffer) => new Float64Array(buffer) },
  BOOL: { width: 1, read: (buffer) => new Uint8Array(buffer) },
  INT8: { width: 1, read: (buffer) => new Int8Array(buffer) },
  INT16: { width: 2, read: (buffer) => new Int16Array(buffer) },
  INT32: { width: 4, read: (buffer) => new Int32Array(buffer) },
  INT64: { width: 8, read: (buffer) => new BigInt64Array(buffer) },
  UINT8: { width: 1, read: (buffer) => new Uint8Array(buffer) },
  UINT16: { width: 2, read: (buffer) => new Uint16Array(buffer) },
  UINT32: { width: 4, read: (buffer) => new Uint32Array(buffer) },
  UINT64: { width: 8, read: (buffer) => new BigUint64Array(buffer) },
};

/** A tensor as bytes of FP32 or FP16. */
export function toBytes(data: Float32Array, datatype: string): Uint8Array {
  if (datatype === 'FP16') return new Uint8Array(Half.from(data).buffer);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The numbers of a tensor. Throws `MODEL_SERVER_FAILED` for other sizes than the shape has, and for text. */
export function fromBytes(
  bytes: Uint8Array,
  {
    name,
    datatype,
    shape,
  }: { readonly name: string; readonly datatype: string; readonly shape: readonly number[] },
  where: string,
): Float32Array {
  const element = ELEMENTS[datatype];
  if (element === undefined) throw failed(`${name} of type ${datatype}`, where);
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.byteLength !== element.width * count)
    throw failed(`${bytes.byteLength} bytes for ${count} values of ${name}`, where);
  // A copy where the bytes do not start on a multiple of their width.
  const isAligned = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const buffer = (isAligned ? bytes : bytes.slice()).buffer as ArrayBuffer;
  const values = element.read(buffer);
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
}
