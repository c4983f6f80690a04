import { type AnyValue, Dataset, type Fragments, type Vr, vrNames, vrTraits } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { DEEPEST_JSON } from './model.ts';

/** What a BulkDataURI stands for: plain bytes, or compressed pixel data. */
export type BulkValue = Uint8Array | Fragments;

export interface FromJsonOptions {
  /** Gives the value of a BulkDataURI; undefined refuses the data set. */
  readonly bulkData?: (uri: string) => BulkValue | undefined;
}

const VRS: ReadonlySet<string> = new Set(vrNames);
const MOST_ELEMENTS = 100_000;

/**
 * A data set from DICOM JSON (PS3.18 annex F), text as UTF-8. Untrusted: depth and number of elements are bounded.
 * @throws PhotopeakError DICOM_JSON_INVALID with the place
 */
export function fromDicomJson(json: unknown, options: FromJsonOptions = {}): Dataset {
  const budget = { left: MOST_ELEMENTS };
  return read(json, options, '', 0, budget);
}

function invalid(where: string, expected: string): Error {
  return dicomError('DICOM_JSON_INVALID', 'The DICOM JSON cannot be read', {
    where: where === '' ? 'the data set' : where,
    expected,
  });
}

function read(
  json: unknown,
  options: FromJsonOptions,
  at: string,
  depth: number,
  budget: { left: number },
): Dataset {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) throw invalid(at, 'an object');
  if (depth > DEEPEST_JSON) throw invalid(at, `at most ${DEEPEST_JSON} levels of sequences`);
  const dataset = new Dataset();
  for (const [name, element] of Object.entries(json as Record<string, unknown>)) {
    const where = at === '' ? name.slice(0, 16) : `${at}.${name.slice(0, 16)}`;
    if (!/^[0-9A-Fa-f]{8}$/.test(name)) throw invalid(where, 'a tag of eight hexadecimal digits');
    if (--budget.left < 0) throw invalid(where, `at most ${MOST_ELEMENTS} elements`);
    const tag = Number.parseInt(name, 16);
    if (tag >>> 16 === 0x0002 || (tag & 0xffff) === 0) continue;
    readElement(dataset, tag, element, where);
  }
  return dataset;

  function readElement(into: Dataset, tag: number, element: unknown, where: string): void {
    if (element === null || typeof element !== 'object') throw invalid(where, 'an object with vr');
    const { vr, Value, InlineBinary, BulkDataURI } = element as Record<string, unknown>;
    if (typeof vr !== 'string' || !VRS.has(vr)) throw invalid(where, 'a known vr');
    if (BulkDataURI !== undefined) {
      const bulk = typeof BulkDataURI === 'string' ? options.bulkData?.(BulkDataURI) : undefined;
      if (bulk === undefined) throw invalid(where, 'a BulkDataURI that names a part of the request');
      into.set(tag, bulk as AnyValue, vr as Vr);
      return;
    }
    if (InlineBinary !== undefined) {
      if (typeof InlineBinary !== 'string') throw invalid(where, 'InlineBinary as base64');
      into.set(tag, Buffer.from(InlineBinary, 'base64'), vr as Vr);
      return;
    }
    if (Value === undefined) {
      into.set(tag, null, vr as Vr);
      return;
    }
    if (!Array.isArray(Value)) throw invalid(where, 'Value as an array');
    if (vr === 'SQ') {
      const items = Value.map((item, index) =>
        read(item ?? {}, options, `${where}[${index + 1}]`, depth + 1, budget),
      );
      into.set(tag, items, 'SQ');
      return;
    }
    into.set(
      tag,
      Value.map((value) => scalar(vr as Vr, value, where)) as (string | number | bigint)[],
      vr as Vr,
    );
  }
}

function scalar(vr: Vr, value: unknown, where: string): string | number | bigint {
  if (vr === 'PN') return personName(value, where);
  if (vrTraits[vr].kind === 'number') {
    if (vr === 'AT') {
      if (typeof value === 'string' && /^[0-9A-Fa-f]{8}$/.test(value)) return Number.parseInt(value, 16);
      throw invalid(where, 'a tag of eight hexadecimal digits');
    }
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && /^[+-]?\d{1,20}$/.test(value.trim())) return BigInt(value.trim());
    if (vr === 'FL' || vr === 'FD') {
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
    }
    throw invalid(where, 'a number');
  }
  if (value === null) return '';
  if (typeof value === 'number' && (vr === 'DS' || vr === 'IS')) return value;
  if (typeof value === 'string') return value;
  throw invalid(where, vr === 'DS' || vr === 'IS' ? 'a number or text' : 'text');
}

function personName(value: unknown, where: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') throw invalid(where, 'an object with Alphabetic, Ideographic, Phonetic');
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Record<string, unknown>;
  return [Alphabetic, Ideographic, Phonetic].map(String).join('=').replace(/=+$/, '');
}
