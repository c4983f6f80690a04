import { malformed, type Reader } from './reader.ts';

/** What an element is. */
export type Hdf5Type =
  | {
      readonly kind: 'integer';
      readonly bytes: number;
      readonly signed: boolean;
      readonly bigEndian: boolean;
    }
  | { readonly kind: 'float'; readonly bytes: number; readonly bigEndian: boolean }
  | { readonly kind: 'text'; readonly bytes: number }
  | { readonly kind: 'record'; readonly bytes: number; readonly members: readonly Hdf5Member[] }
  | { readonly kind: 'list'; readonly bytes: number; readonly of: Hdf5Type; readonly text: boolean }
  | { readonly kind: 'array'; readonly bytes: number; readonly of: Hdf5Type; readonly count: number };

interface Hdf5Member {
  readonly name: string;
  readonly offset: number;
  readonly type: Hdf5Type;
}

/** The datatype message at the reader (HDF5 File Format Specification IV.A.2.d). */
export function readDatatype(reader: Reader): Hdf5Type {
  const start = reader.u8();
  const version = start >> 4;
  const bits = reader.uint(3);
  const bytes = reader.u32();
  if (bytes === 0) throw malformed('elements of at least one byte', 'none');
  switch (start & 15) {
    case 0:
      reader.skip(4);
      return { kind: 'integer', bytes, signed: (bits & 8) !== 0, bigEndian: (bits & 1) !== 0 };
    case 1:
      reader.skip(12);
      return { kind: 'float', bytes, bigEndian: (bits & 1) !== 0 };
    case 3:
      return { kind: 'text', bytes };
    case 6:
      return { kind: 'record', bytes, members: readMembers(reader, version, bits & 0xffff, bytes) };
    case 9:
      return { kind: 'list', bytes, of: readDatatype(reader), text: (bits & 15) === 1 };
    case 10: {
      const rank = reader.u8();
      if (version < 3) reader.skip(3);
      let count = 1;
      for (let n = 0; n < rank; n++) count *= reader.u32();
      if (version < 3) reader.skip(4 * rank);
      return { kind: 'array', bytes, of: readDatatype(reader), count };
    }
    default:
      throw malformed('numbers, text, records, lists or arrays', `datatype class ${start & 15}`);
  }
}

function readMembers(reader: Reader, version: number, count: number, bytes: number): Hdf5Member[] {
  const offsetBytes = bytes < 256 ? 1 : bytes < 65536 ? 2 : bytes < 16777216 ? 3 : 4;
  return Array.from({ length: count }, () => {
    const from = reader.at;
    const name = reader.name();
    if (version < 3) reader.at = from + Math.ceil((reader.at - from) / 8) * 8;
    const offset = version < 3 ? reader.u32() : reader.uint(offsetBytes);
    let repeated = 1;
    if (version === 1) {
      const rank = reader.u8();
      reader.skip(11);
      const sizes = Array.from({ length: 4 }, () => reader.u32());
      for (const size of sizes.slice(0, rank)) repeated *= size;
    }
    const type = readDatatype(reader);
    if (repeated === 1) return { name, offset, type };
    return { name, offset, type: { kind: 'array', bytes: type.bytes * repeated, of: type, count: repeated } };
  });
}
