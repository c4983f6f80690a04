import type { Dataset, Element, Vr } from '../data/index.ts';
import { vrTraits } from '../data/index.ts';
import {
  DEEPEST_JSON,
  type DicomJson,
  type DicomJsonElement,
  type DicomJsonPersonName,
  jsonTag,
} from './model.ts';

export interface ToJsonOptions {
  /**
   * URI of a value that is too large to be written inline, or undefined to leave its value out. `path` names it
   * inside the instance: `7FE00010`, or `00400555/1/0040A160` (tag, item from 1, tag) within sequences.
   */
  readonly bulkDataUri?: (path: string) => string | undefined;
}

/** Larger opaque values, and much larger numbers and texts, are fetched by their URI. */
const INLINE_BYTES = 1024;
const INLINE_VALUE_BYTES = 64 * 1024;
/** Values that may be bulk data, PS3.18 F.2.2. */
const MAY_BE_BULK: ReadonlySet<Vr> = new Set<Vr>(
  'DS FL FD IS LT OB OD OF OL OV OW SL SS ST SV UC UL UN US UT UV'.split(' ') as Vr[],
);

/**
 * A data set as DICOM JSON (PS3.18 annex F). Group lengths and file meta information are left out; pixel data is
 * never inline.
 */
export function toDicomJson(dataset: Dataset, options: ToJsonOptions = {}): DicomJson {
  return datasetJson(dataset, options, '', 0);
}

function datasetJson(dataset: Dataset, options: ToJsonOptions, at: string, depth: number): DicomJson {
  const json: DicomJson = {};
  for (const element of dataset) {
    if ((element.tag & 0xffff) === 0 || element.tag >>> 16 === 0x0002) continue;
    const tag = jsonTag(element.tag);
    json[tag] = elementJson(element, options, at + tag, depth);
  }
  return json;
}

function elementJson(
  element: Element,
  options: ToJsonOptions,
  path: string,
  depth: number,
): DicomJsonElement {
  const { vr } = element;
  if (vr === 'SQ') {
    if (depth >= DEEPEST_JSON) return { vr };
    const items = element
      .items()
      .map((item, index) => datasetJson(item, options, `${path}/${index + 1}/`, depth + 1));
    return items.length === 0 ? { vr } : { vr, Value: items };
  }
  if (isLarge(element)) {
    const uri = options.bulkDataUri?.(path);
    return uri === undefined ? { vr } : { vr, BulkDataURI: uri };
  }
  if (element.isEmpty) return { vr };
  if (vrTraits[vr].kind === 'bytes') {
    const bytes = element.bytes();
    return {
      vr,
      InlineBinary: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    };
  }
  return { vr, Value: values(element) };
}

function isLarge(element: Element): boolean {
  if (element.fragments() !== undefined || element.tag >>> 16 === 0x7fe0) return true;
  const { content, vr } = element;
  if (content.kind !== 'encoded') return false;
  const most = vrTraits[vr].kind === 'bytes' ? INLINE_BYTES : INLINE_VALUE_BYTES;
  return content.bytes.length > most && MAY_BE_BULK.has(vr);
}

function values(element: Element): unknown[] {
  const { vr } = element;
  switch (vr) {
    case 'AT':
      return element.numbers().map(jsonTag);
    case 'PN':
      return element.texts().map((text) => (text === '' ? null : personNameJson(text)));
    case 'SV':
    case 'UV':
      return bigIntegers(element);
    case 'FL':
    case 'FD':
      // JSON has no NaN and no infinity; PS3.18 F.2.3 has no place for them but text.
      return element.numbers().map((value) => (Number.isFinite(value) ? value : String(value)));
    case 'DS':
    case 'IS': {
      const texts = element.texts();
      return element.numbers().map((value, index) => {
        const text = texts[index] ?? '';
        if (text.trim() === '') return null;
        // What is no number stays text, as F.2.3 allows.
        return Number.isFinite(value) ? value : text;
      });
    }
    default:
      if (vrTraits[vr].kind === 'number') return element.numbers();
      return element.texts().map((text) => (text === '' ? null : text));
  }
}

/** 64-bit integers; those beyond what a number holds exactly are text (F.2.3). */
function bigIntegers(element: Element): (number | string)[] {
  const bytes = element.bytes();
  if (element.content.kind !== 'encoded') return element.texts();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) => {
    const value =
      element.vr === 'SV' ? view.getBigInt64(index * 8, true) : view.getBigUint64(index * 8, true);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  });
}

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;

export function personNameJson(text: string): DicomJsonPersonName {
  return Object.fromEntries(
    text
      .split('=')
      .slice(0, 3)
      .flatMap((part, index) => (part === '' ? [] : [[GROUPS[index]!, part]])),
  );
}
