import { type CharacterSet, latin1 } from '../charset/character-set.ts';
import type { Dataset } from './dataset.ts';
import { type Vr, vrTraits } from './vr.ts';

/** Compressed pixel data: PS3.5 annex A.4. */
export interface Fragments {
  /** The Basic Offset Table item, empty when there is none. */
  readonly offsetTable: Uint8Array;
  readonly fragments: readonly Uint8Array[];
}

/**
 * What an element holds.
 * - `encoded`: bytes as in a file; `characterSet` is that of the data set they came from.
 * - `strings` and `numbers`: values set in memory.
 * - `items`: a sequence; from a file it is parsed at the first access.
 * - `fragments`: encapsulated pixel data.
 */
export type Content =
  | {
      readonly kind: 'encoded';
      readonly bytes: Uint8Array;
      readonly littleEndian: boolean;
      readonly characterSet: CharacterSet;
    }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'numbers'; readonly values: readonly (number | bigint)[] }
  | { readonly kind: 'items'; readonly items: () => readonly Dataset[] }
  | { readonly kind: 'fragments'; readonly value: Fragments };

const EMPTY = new Uint8Array(0);

/** One attribute of a data set. Immutable, except that the data sets of a sequence can be changed. */
export class Element {
  readonly tag: number;
  readonly vr: Vr;
  readonly content: Content;
  /** Byte offset of the element in its file; undefined for elements made in memory. */
  readonly offset: number | undefined;

  constructor(tag: number, vr: Vr, content: Content, offset?: number) {
    this.tag = tag;
    this.vr = vr;
    this.content = content;
    this.offset = offset;
  }

  get isEmpty(): boolean {
    const { content } = this;
    switch (content.kind) {
      case 'encoded':
        return content.bytes.length === 0;
      case 'items':
        return content.items().length === 0;
      case 'fragments':
        return content.value.fragments.length === 0;
      default:
        return content.values.length === 0;
    }
  }

  /** The data sets of a sequence; empty for anything else. */
  items(): readonly Dataset[] {
    return this.content.kind === 'items' ? this.content.items() : [];
  }

  /** All values as text, each without its padding. A single empty value gives an empty list. */
  texts(): string[] {
    const { content } = this;
    if (content.kind === 'strings') return [...content.values];
    if (content.kind === 'numbers') return content.values.map(String);
    if (content.kind !== 'encoded') return [];
    const traits = vrTraits[this.vr];
    if (traits.kind === 'number') return this.numbers().map(String);
    if (content.bytes.length === 0) return [];
    const whole =
      traits.encoded || this.vr === 'UN'
        ? content.characterSet.decode(content.bytes, this.vr === 'PN')
        : latin1(content.bytes);
    // Text VRs keep leading spaces (PS3.5 table 6.2-1); other strings carry none of meaning.
    if (!traits.multiple && this.vr !== 'UN') {
      const text = whole.replace(/[ \0]+$/, '');
      return text === '' ? [] : [text];
    }
    const values = whole.split('\\').map((value) => value.replace(/^ +|[ \0]+$/g, ''));
    return values.length === 1 && values[0] === '' ? [] : values;
  }

  /** All values as numbers: binary ones, or decimal and integer strings; NaN for text that is not a number. */
  numbers(): number[] {
    const { content } = this;
    if (content.kind === 'numbers') return content.values.map(Number);
    if (content.kind === 'encoded') {
      const read = numberReaders[this.vr];
      if (read !== undefined) {
        const { bytes } = content;
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const count = Math.floor(bytes.length / read.size);
        const values = new Array<number>(count);
        for (let i = 0; i < count; i++) values[i] = read.get(view, i * read.size, content.littleEndian);
        return values;
      }
      if (vrTraits[this.vr].kind === 'bytes' && this.vr !== 'UN') return [];
    }
    return this.texts().map(parseNumber);
  }

  /** The value field in little endian byte order; empty for sequences and fragments. */
  bytes(): Uint8Array {
    const { content } = this;
    if (content.kind !== 'encoded') return EMPTY;
    const unit = swapUnit(this.vr);
    return content.littleEndian || unit === 1 ? content.bytes : swapped(content.bytes, unit);
  }

  fragments(): Fragments | undefined {
    return this.content.kind === 'fragments' ? this.content.value : undefined;
  }
}

/** IS and DS tolerate stray characters of bad writers as long as the whole is a number. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return Number.NaN;
  const value = Number(trimmed);
  if (!Number.isNaN(value)) return /^[+-]?(0x|0b|0o|Infinity)/i.test(trimmed) ? Number.NaN : value;
  // A decimal comma is the one deviation seen in practice.
  return /^[+-]?\d+,\d+$/.test(trimmed) ? Number(trimmed.replace(',', '.')) : Number.NaN;
}

interface NumberReader {
  readonly size: number;
  get(view: DataView, at: number, littleEndian: boolean): number;
}

const numberReaders: Partial<Record<Vr, NumberReader>> = {
  AT: {
    size: 4,
    get: (view, at, le) => view.getUint16(at, le) * 0x10000 + view.getUint16(at + 2, le),
  },
  FD: { size: 8, get: (view, at, le) => view.getFloat64(at, le) },
  OD: { size: 8, get: (view, at, le) => view.getFloat64(at, le) },
  FL: { size: 4, get: (view, at, le) => view.getFloat32(at, le) },
  OF: { size: 4, get: (view, at, le) => view.getFloat32(at, le) },
  SL: { size: 4, get: (view, at, le) => view.getInt32(at, le) },
  OL: { size: 4, get: (view, at, le) => view.getUint32(at, le) },
  SS: { size: 2, get: (view, at, le) => view.getInt16(at, le) },
  OW: { size: 2, get: (view, at, le) => view.getUint16(at, le) },
  SV: { size: 8, get: (view, at, le) => Number(view.getBigInt64(at, le)) },
  OV: { size: 8, get: (view, at, le) => Number(view.getBigUint64(at, le)) },
  UL: { size: 4, get: (view, at, le) => view.getUint32(at, le) },
  US: { size: 2, get: (view, at, le) => view.getUint16(at, le) },
  UV: { size: 8, get: (view, at, le) => Number(view.getBigUint64(at, le)) },
};

/** Bytes that change their order between little and big endian; an AT is two 16-bit numbers. */
export function swapUnit(vr: Vr): number {
  return vr === 'AT' ? 2 : vrTraits[vr].size;
}

/** A copy with the bytes of each unit reversed; a last incomplete unit is kept as it is. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let start = 0; start + size <= out.length; start += size) out.subarray(start, start + size).reverse();
  return out;
}
