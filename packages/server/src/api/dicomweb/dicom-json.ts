import { type Dataset, type Element, vrTraits } from '@photopeak/dicom';

/** DICOM JSON model, PS3.18 annex F. */
export type DicomJson = Record<string, DicomJsonElement>;
export interface DicomJsonElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

/** Larger values are fetched by their URI. */
const INLINE_BYTES = 1024;
const DEEPEST = 32;

/**
 * A data set as DICOM JSON. `bulkData` gives the URI of a large top-level value; large values deeper inside are left
 * out with their VR, so that metadata stay small.
 */
export function toDicomJson(dataset: Dataset, bulkData: (tag: string) => string, depth = 0): DicomJson {
  const json: DicomJson = {};
  for (const element of dataset) {
    // Group lengths and the file's own group mean nothing here.
    if ((element.tag & 0xffff) === 0 || element.tag >>> 16 === 0x0002) continue;
    const tag = hex(element.tag);
    json[tag] = toJson(element, () => (depth === 0 ? bulkData(tag) : undefined), bulkData, depth);
  }
  return json;
}

export function hex(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

function toJson(
  element: Element,
  uri: () => string | undefined,
  bulkData: (tag: string) => string,
  depth: number,
): DicomJsonElement {
  const { vr } = element;
  if (vr === 'SQ') {
    if (depth >= DEEPEST) return { vr };
    const items = element.items().map((item) => toDicomJson(item, bulkData, depth + 1));
    return items.length === 0 ? { vr } : { vr, Value: items };
  }
  const pixels = element.tag >>> 16 === 0x7fe0;
  if (element.fragments() !== undefined || pixels) return withUri(vr, uri());
  if (element.isEmpty) return { vr };
  const { kind } = vrTraits[vr];
  if (kind === 'bytes') {
    const bytes = element.bytes();
    if (bytes.length > INLINE_BYTES) return withUri(vr, uri());
    return { vr, InlineBinary: Buffer.from(bytes).toString('base64') };
  }
  if (vr === 'AT') return { vr, Value: element.numbers().map((value) => hex(value)) };
  if (vr === 'PN') return { vr, Value: element.texts().map(personName) };
  if (kind === 'number' || vr === 'DS' || vr === 'IS') {
    // JSON has no NaN and no infinity; a value that is no number stays as text, as PS3.18 F.2.3 allows for DS and IS.
    const texts = element.texts();
    return {
      vr,
      Value: element
        .numbers()
        .map((value, index) => (Number.isFinite(value) ? value : (texts[index] ?? null))),
    };
  }
  return { vr, Value: element.texts().map((text) => (text === '' ? null : text)) };
}

function withUri(vr: string, uri: string | undefined): DicomJsonElement {
  return uri === undefined ? { vr } : { vr, BulkDataURI: uri };
}

function personName(text: string): Record<string, string> {
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'];
  return Object.fromEntries(
    text
      .split('=')
      .slice(0, 3)
      .flatMap((part, index) => (part === '' ? [] : [[groups[index]!, part]])),
  );
}
