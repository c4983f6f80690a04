import { DimseError } from '../errors.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { LONG_VRS } from './encode.ts';

/** What a service of this package has to know of a data set that it was sent. */
export interface DataSetReader {
  /** The first value as text without padding; undefined where the element is absent. */
  text(tag: number): string | undefined;
  /** All values of a text element, separated by backslashes. */
  texts(tag: number): readonly string[];
  /** An unsigned short. */
  uint16(tag: number): number | undefined;
  /** The items of a sequence; none where it is absent or empty. */
  items(tag: number): readonly DataSetReader[];
}

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED_LENGTH = 0xffffffff;

/** Sequences of the data sets that are read here are two deep. */
const MAX_DEPTH = 16;

/** Reads a data set in implicit or explicit little endian; what cannot be read is DIMSE_DATA_SET_INVALID. */
export function readDataSet(bytes: Buffer, transferSyntaxUid: string): DataSetReader {
  return new Elements(new Walker(bytes, transferSyntaxUid === TRANSFER_SYNTAX.explicitLittleEndian));
}

class Elements implements DataSetReader {
  readonly #values = new Map<number, Buffer>();
  readonly #isExplicit: boolean;

  constructor(walker: Walker) {
    this.#isExplicit = walker.isExplicit;
    while (!walker.isAtEnd) {
      const { tag, value } = walker.element(0);
      this.#values.set(tag, value);
    }
  }

  text(tag: number): string | undefined {
    const value = this.#values.get(tag);
    return value === undefined ? undefined : (split(value)[0] ?? '');
  }

  texts(tag: number): readonly string[] {
    const value = this.#values.get(tag);
    return value === undefined || value.length === 0 ? [] : split(value);
  }

  uint16(tag: number): number | undefined {
    const value = this.#values.get(tag);
    return value === undefined || value.length < 2 ? undefined : value.readUInt16LE();
  }

  items(tag: number): readonly DataSetReader[] {
    const value = this.#values.get(tag);
    if (value === undefined) return [];
    const walker = new Walker(value, this.#isExplicit);
    const items: DataSetReader[] = [];
    for (;;) {
      const content = walker.item(1);
      if (content === undefined) return items;
      items.push(new Elements(new Walker(content, this.#isExplicit)));
    }
  }
}

const split = (value: Buffer) =>
  value
    .toString('utf8')
    .split('\\')
    .map((text) => text.replace(/[\0 ]+$/, '').trimStart());

/** Goes through elements with checked lengths and depth. */
class Walker {
  readonly isExplicit: boolean;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer, isExplicit: boolean) {
    this.#bytes = bytes;
    this.isExplicit = isExplicit;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  element(depth: number): { readonly tag: number; readonly value: Buffer } {
    const tag = this.#tag();
    let length: number;
    if (this.isExplicit && tag >>> 16 !== 0xfffe) {
      const vr = this.#take(2).toString('latin1');
      if (LONG_VRS.has(vr)) {
        this.#take(2);
        length = this.#take(4).readUInt32LE();
      } else length = this.#take(2).readUInt16LE();
    } else length = this.#take(4).readUInt32LE();
    if (length !== UNDEFINED_LENGTH) return { tag, value: this.#take(length) };
    const start = this.#at;
    while (this.item(depth + 1) !== undefined);
    return { tag, value: this.#bytes.subarray(start, this.#at) };
  }

  /** The content of the next item, or undefined behind the last one. */
  item(depth: number): Buffer | undefined {
    if (this.isAtEnd) return undefined;
    if (depth > MAX_DEPTH) throw invalid(`at most ${MAX_DEPTH} nested sequences`, 'more', this.#at);
    const tag = this.#tag();
    const length = this.#take(4).readUInt32LE();
    if (tag === SEQUENCE_END) return undefined;
    if (tag !== ITEM) throw invalid('an item', tag.toString(16), this.#at);
    if (length !== UNDEFINED_LENGTH) return this.#take(length);
    const start = this.#at;
    for (;;) {
      const before = this.#at;
      const { tag: inner } = this.element(depth);
      if (inner === ITEM_END) return this.#bytes.subarray(start, before);
    }
  }

  #tag(): number {
    const bytes = this.#take(4);
    return ((bytes.readUInt16LE() << 16) | bytes.readUInt16LE(2)) >>> 0;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) {
      throw invalid(`${length} more bytes`, `${this.#bytes.length - this.#at}`, this.#at);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function invalid(expected: string, found: string, at: number): DimseError {
  return new DimseError('DIMSE_DATA_SET_INVALID', 'The data set of the peer cannot be read.', {
    expected,
    found,
    where: `data set, byte ${at}`,
  });
}
