import { PhotopeakError } from '@photopeak/imaging';

/** Fields of a protocol buffer message, read without trusting any of its lengths. */
export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 bytes, 5 four bytes. */
  readonly type: number;
  /** Of a varint; 0 for others. */
  readonly value: bigint;
  /** Of type 2: first byte and the byte after the last. */
  readonly start: number;
  readonly end: number;
}

export const malformed = (found: string, where?: string): PhotopeakError =>
  new PhotopeakError('the network is not a well-formed ONNX file', {
    code: 'MODEL_ONNX_MALFORMED',
    expected: 'a ModelProto as onnx.proto defines it',
    found,
    ...(where === undefined ? {} : { where }),
    remedy: 'export the network again; check the file with onnx.checker',
  });

const LONGEST_VARINT = 10;

/** Goes through the fields between two offsets of a file. Throws `MODEL_ONNX_MALFORMED`. */
export function* fields(bytes: Uint8Array, from: number, to: number): Generator<Field> {
  let at = from;
  const varint = (): bigint => {
    let value = 0n;
    for (let n = 0; n < LONGEST_VARINT; n++) {
      if (at >= to) throw malformed('a number that is cut off', `byte ${at}`);
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * n);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number of more than ten bytes', `byte ${at}`);
  };
  while (at < to) {
    const key = varint();
    const number = Number(key >> 3n);
    const type = Number(key & 7n);
    if (number === 0 || number > 0x1f_ff_ff_ff) throw malformed(`the field number ${number}`, `byte ${at}`);
    if (type === 0) {
      yield { number, type, value: varint(), start: at, end: at };
      continue;
    }
    const length = type === 1 ? 8 : type === 5 ? 4 : type === 2 ? Number(varint()) : -1;
    if (length < 0) throw malformed(`the wire type ${type}`, `byte ${at}`);
    if (length > to - at) throw malformed('a field that is longer than its message', `byte ${at}`);
    yield { number, type, value: 0n, start: at, end: at + length };
    at += length;
  }
}

/** Text of a field. */
export function textOf(bytes: Uint8Array, { start, end }: Field, longest = 4096): string {
  if (end - start > longest) throw malformed(`a name of ${end - start} bytes`, `byte ${start}`);
  return new TextDecoder().decode(bytes.subarray(start, end));
}

/** Varints of a field that is one number or packed. */
export function numbersOf(bytes: Uint8Array, field: Field): bigint[] {
  if (field.type === 0) return [field.value];
  const numbers: bigint[] = [];
  let value = 0n;
  let shift = 0n;
  for (let at = field.start; at < field.end; at++) {
    const byte = bytes[at]!;
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) {
      if (shift > 63n) throw malformed('a number of more than ten bytes', `byte ${at}`);
      continue;
    }
    numbers.push(BigInt.asUintN(64, value));
    value = 0n;
    shift = 0n;
  }
  if (shift !== 0n) throw malformed('a number that is cut off', `byte ${field.end}`);
  return numbers;
}

/** A whole number as a varint, negative ones as the 64 bits of their complement. */
export function varintOf(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return bytes;
}

/** A field of text, bytes or a message. */
export const bytesField = (field: number, content: readonly number[]): number[] => [
  ...varintOf(field * 8 + 2),
  ...varintOf(content.length),
  ...content,
];
