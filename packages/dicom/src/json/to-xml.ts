import { keywordOf } from '../data/index.ts';
import type { DicomJson, DicomJsonElement, DicomJsonPersonName } from './model.ts';

/** The Native DICOM Model (PS3.19 A.1) of a data set in DICOM JSON. */
export function nativeDicomXml(json: DicomJson): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${attributes(json)}</NativeDicomModel>`;
}

function attributes(json: DicomJson): string {
  let text = '';
  for (const [tag, element] of Object.entries(json)) {
    const number = Number.parseInt(tag, 16);
    const keyword = keywordOf(number);
    const named = keyword === undefined ? '' : ` keyword="${escaped(keyword)}"`;
    const creator = privateCreator(json, number);
    const owner = creator === undefined ? '' : ` privateCreator="${escaped(creator)}"`;
    text += `<DicomAttribute tag="${tag}" vr="${element.vr}"${named}${owner}>${content(element)}</DicomAttribute>`;
  }
  return text;
}

function privateCreator(json: DicomJson, tag: number): string | undefined {
  const low = tag & 0xffff;
  if ((tag & 0x10000) === 0 || low < 0x1000) return undefined;
  const reservation = (((tag & 0xffff0000) >>> 0) + (low >>> 8)).toString(16).toUpperCase().padStart(8, '0');
  const value = json[reservation]?.Value?.[0];
  return typeof value === 'string' ? value : undefined;
}

function content(element: DicomJsonElement): string {
  if (element.BulkDataURI !== undefined) return `<BulkData uri="${escaped(element.BulkDataURI)}"/>`;
  if (element.InlineBinary !== undefined) return `<InlineBinary>${element.InlineBinary}</InlineBinary>`;
  return (element.Value ?? [])
    .map((value, index) => {
      const number = index + 1;
      if (element.vr === 'SQ') return `<Item number="${number}">${attributes(value as DicomJson)}</Item>`;
      if (element.vr === 'PN') {
        return `<PersonName number="${number}">${groups((value ?? {}) as DicomJsonPersonName)}</PersonName>`;
      }
      return `<Value number="${number}">${value === null ? '' : escaped(String(value))}</Value>`;
    })
    .join('');
}

const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;

function groups(name: DicomJsonPersonName): string {
  return (['Alphabetic', 'Ideographic', 'Phonetic'] as const)
    .map((group) => {
      const value = name[group];
      if (value === undefined || value === '') return '';
      const parts = value
        .split('^')
        .slice(0, COMPONENTS.length)
        .map((part, index) =>
          part === '' ? '' : `<${COMPONENTS[index]}>${escaped(part)}</${COMPONENTS[index]}>`,
        );
      return `<${group}>${parts.join('')}</${group}>`;
    })
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  // XML 1.0 has no way to write the other control characters.
  return text.replaceAll(/[^\P{Cc}\t\n\r]/gu, '').replaceAll(/[&<>"]/g, (mark) => ENTITIES[mark]!);
}
