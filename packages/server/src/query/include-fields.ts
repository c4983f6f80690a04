import { type DicomJson, isKeyword, jsonTag, tagOf } from '@photopeak/dicom';
import { badParameter, describesLevel, type QueryLevel } from './attributes.ts';

/** What `includefield` asks for beyond what the index gives: all, or paths of tags through sequences. */
export interface IncludedFields {
  readonly all: boolean;
  readonly paths: readonly (readonly string[])[];
}

const MOST_FIELDS = 200;
const DEEPEST_PATH = 8;

/**
 * Reads `includefield` (PS3.18 §8.3.4.3): keywords, tags, `all`, and paths joined by dots, separated by commas.
 * @throws PhotopeakError HTTP_INPUT for what is none of these
 */
export function includedFields(parameter: string | readonly string[] | undefined): IncludedFields {
  const names = [parameter ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > MOST_FIELDS) throw badParameter('too many fields are asked for', String(names.length));
  return {
    all: names.includes('all'),
    paths: names.filter((name) => name !== 'all').map(pathOf),
  };
}

function pathOf(name: string): string[] {
  const parts = name.split('.');
  if (parts.length > DEEPEST_PATH) throw badParameter('this path is too deep', name);
  return parts.map((part) => {
    if (isKeyword(part)) return jsonTag(tagOf(part));
    if (/^[0-9a-f]{8}$/i.test(part)) return part.toUpperCase();
    throw badParameter('includefield names no attribute', name, 'a keyword, a tag of eight digits, or all');
  });
}

/** Adds what is asked for from the metadata of an instance, as far as it says something about the level. */
export function addFields(
  json: DicomJson,
  metadata: DicomJson,
  fields: IncludedFields,
  level: QueryLevel,
): void {
  const allowed = (tag: string) => describesLevel(Number.parseInt(tag, 16), level);
  if (fields.all) {
    for (const [tag, element] of Object.entries(metadata)) {
      if (json[tag] === undefined && allowed(tag) && element.BulkDataURI === undefined) json[tag] = element;
    }
    return;
  }
  for (const path of fields.paths) {
    const [first = ''] = path;
    const element = metadata[first];
    if (json[first] !== undefined || element === undefined || !allowed(first)) continue;
    if (path.length === 1) json[first] = element;
    else
      json[first] = {
        vr: element.vr,
        Value: (element.Value ?? []).map((item) => pick(item as DicomJson, path.slice(1))),
      };
  }
}

function pick(item: DicomJson, path: readonly string[]): DicomJson {
  const [first = '', ...rest] = path;
  const element = item[first];
  if (element === undefined) return {};
  if (rest.length === 0 || element.Value === undefined) return { [first]: element };
  return {
    [first]: { vr: element.vr, Value: element.Value.map((deeper) => pick(deeper as DicomJson, rest)) },
  };
}
