import { defaultCharacterSet } from '../charset/index.ts';
import { dicomError, hexTag } from '../errors/index.ts';
import type { Dataset } from './dataset.ts';
import { formatDecimalString } from './decimal.ts';
import type { dictionary, Keyword } from './dictionary.ts';
import { type Content, Element, type Fragments } from './element.ts';
import { type Vr, vrTraits } from './vr.ts';

type OneOrMany<T> = T | readonly T[];

/** Values by VR, as accepted when an element is set. `null`, `''` and `[]` write an empty value (type 2). */
interface ValueByVr {
  DS: OneOrMany<number | string>;
  IS: OneOrMany<number | string>;
  AT: OneOrMany<number>;
  FD: OneOrMany<number>;
  FL: OneOrMany<number>;
  SL: OneOrMany<number>;
  SS: OneOrMany<number>;
  UL: OneOrMany<number>;
  US: OneOrMany<number>;
  'US|SS': OneOrMany<number>;
  SV: OneOrMany<number | bigint>;
  UV: OneOrMany<number | bigint>;
  SQ: Dataset | readonly Dataset[];
  OB: BinaryValue;
  OW: BinaryValue;
  OD: BinaryValue;
  OF: BinaryValue;
  OL: BinaryValue;
  OV: BinaryValue;
  UN: BinaryValue;
  'OB|OW': BinaryValue | Fragments;
  'US|OW': BinaryValue | readonly number[];
  'US|SS|OW': BinaryValue | readonly number[];
}

/** Typed arrays are taken as little endian memory of this machine; nothing is copied. */
type BinaryValue =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export type ValueOf<K extends Keyword> =
  | ((typeof dictionary)[K][1] extends keyof ValueByVr
      ? ValueByVr[(typeof dictionary)[K][1]]
      : OneOrMany<string>)
  | null;

/** Any value that some VR accepts. */
export type AnyValue =
  | OneOrMany<string | number | bigint>
  | readonly (string | number)[]
  | BinaryValue
  | Fragments
  | Dataset
  | readonly Dataset[]
  | null;

/** Attributes by keyword; `undefined` leaves the attribute out. */
export type DatasetValues = { readonly [K in Keyword]?: ValueOf<K> | undefined };

function isDatasetList(values: readonly unknown[]): values is readonly Dataset[] {
  return values.every((value) => typeof value === 'object' && value !== null && Symbol.iterator in value);
}

function isFragments(value: AnyValue): value is Fragments {
  return typeof value === 'object' && value !== null && 'fragments' in value && 'offsetTable' in value;
}

function invalid(tag: number, vr: Vr, message: string): Error {
  return dicomError('DICOM_VALUE_INVALID', message, { where: hexTag(tag), expected: `a value of VR ${vr}` });
}

/** Makes an element from a value, checking what the VR can hold. */
export function makeElement(tag: number, vr: Vr, value: AnyValue): Element {
  return new Element(tag, vr, makeContent(tag, vr, value));
}

function makeContent(tag: number, vr: Vr, value: AnyValue): Content {
  const traits = vrTraits[vr];
  if (ArrayBuffer.isView(value)) {
    if (traits.kind === 'items') throw invalid(tag, vr, 'Binary data cannot be set here');
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { kind: 'encoded', bytes, littleEndian: true, characterSet: defaultCharacterSet };
  }
  if (value !== null && isFragments(value)) {
    if (vr !== 'OB' && vr !== 'OW') throw invalid(tag, vr, 'Fragments cannot be set here');
    return { kind: 'fragments', value };
  }
  if (traits.kind === 'items') {
    const list = value === null || value === '' ? [] : Array.isArray(value) ? value : [value];
    if (!isDatasetList(list)) throw invalid(tag, vr, 'A sequence holds data sets only');
    return { kind: 'items', items: () => list };
  }
  const list = (
    value === null || value === '' ? [] : Array.isArray(value) ? value : [value]
  ) as readonly unknown[];
  if (traits.kind === 'text') return { kind: 'strings', values: textValues(tag, vr, list) };
  if (list.length === 0) return { kind: 'numbers', values: [] };
  const numbers = list.map((entry) => {
    if (typeof entry === 'bigint' || (typeof entry === 'number' && !Number.isNaN(entry))) return entry;
    if (Number.isNaN(entry) && (vr === 'FL' || vr === 'FD')) return Number.NaN;
    throw invalid(tag, vr, 'The value is not a number');
  });
  const range = integerRanges[vr];
  if (range !== undefined) {
    for (const number of numbers) {
      if (typeof number === 'number' && !Number.isInteger(number)) {
        throw invalid(tag, vr, 'The value is not an integer');
      }
      if (number < range[0] || number > range[1]) throw invalid(tag, vr, 'The value is out of range');
    }
  }
  return { kind: 'numbers', values: numbers };
}

const integerRanges: Partial<Record<Vr, readonly [number | bigint, number | bigint]>> = {
  AT: [0, 0xffffffff],
  SL: [-0x80000000, 0x7fffffff],
  SS: [-0x8000, 0x7fff],
  SV: [-(2n ** 63n), 2n ** 63n - 1n],
  UL: [0, 0xffffffff],
  US: [0, 0xffff],
  UV: [0n, 2n ** 64n - 1n],
};

function textValues(tag: number, vr: Vr, list: readonly unknown[]): string[] {
  const texts: string[] = [];
  for (const entry of list) {
    if (typeof entry === 'number' || typeof entry === 'bigint') {
      texts.push(numberText(tag, vr, entry));
    } else if (typeof entry === 'string') {
      if (vrTraits[vr].multiple && entry.includes('\\')) texts.push(...entry.split('\\'));
      else texts.push(entry);
    } else {
      throw invalid(tag, vr, 'The value is not text');
    }
  }
  return texts;
}

function numberText(tag: number, vr: Vr, value: number | bigint): string {
  if (vr === 'DS') {
    const text = formatDecimalString(Number(value));
    if (text === undefined) throw invalid(tag, vr, 'The value is not finite');
    return text;
  }
  if (vr === 'IS') {
    const number = Number(value);
    if (!Number.isInteger(number) || number < -(2 ** 31) || number > 2 ** 31 - 1) {
      throw invalid(tag, vr, 'The value is not a 32-bit integer');
    }
    return String(number);
  }
  throw invalid(tag, vr, 'A number was given where text is expected');
}
