import { type DicomJson, jsonTag, Tag } from '@photopeak/dicom';
import { PATIENT_ROOT, refusal, STATUS, STUDY_ROOT } from '@photopeak/dimse';
import { isMatchable, type QueryLevel, type QueryParameters } from '../../query/index.ts';

/** Query/Retrieve Level (0008,0052), PS3.4 C.6.1.1 and C.6.2.1. */
export const QUERY_LEVELS: Readonly<Record<string, QueryLevel>> = {
  PATIENT: 'patients',
  STUDY: 'studies',
  SERIES: 'series',
  IMAGE: 'instances',
};

const PATIENT_MODELS: ReadonlySet<string> = new Set(Object.values(PATIENT_ROOT));
export const MODELS = [PATIENT_ROOT, STUDY_ROOT];

const LEVEL = jsonTag(Tag.QueryRetrieveLevel);
/** The unique key of each level. */
export const UNIQUE_KEYS: Readonly<Record<QueryLevel, string>> = {
  patients: jsonTag(Tag.PatientID),
  studies: jsonTag(Tag.StudyInstanceUID),
  series: jsonTag(Tag.SeriesInstanceUID),
  instances: jsonTag(Tag.SOPInstanceUID),
};

/** Of the answer, not of what is looked for. */
const ABOUT_ANSWER: ReadonlySet<string> = new Set(
  (
    [
      'QueryRetrieveLevel',
      'SpecificCharacterSet',
      'TimezoneOffsetFromUTC',
      'RetrieveAETitle',
      'InstanceAvailability',
    ] as const
  ).map((keyword) => jsonTag(Tag[keyword])),
);

/** @throws DimseError A900 for a level that the model does not have */
export function levelOf(identifier: DicomJson, model: string): QueryLevel {
  const text = String(identifier[LEVEL]?.Value?.[0] ?? '');
  const level = QUERY_LEVELS[text];
  if (level === undefined) throw refusal(STATUS.dataSetDoesNotMatch, 'No valid Query/Retrieve Level');
  if (level === 'patients' && !PATIENT_MODELS.has(model))
    throw refusal(STATUS.dataSetDoesNotMatch, 'Study root has no level PATIENT');
  return level;
}

export interface ReadQuery {
  readonly parameters: QueryParameters;
  /** A key with a value that is not matched here: it counts as universal (PS3.4 C.2.2.1.3). */
  readonly ignoresKeys: boolean;
}

/** The keys of a C-FIND in the terms of the index. */
export function readQuery(identifier: DicomJson, level: QueryLevel): ReadQuery {
  const parameters: Record<string, string | string[]> = {};
  const fields: string[] = [];
  let ignoresKeys = false;
  const match = (name: string, value: string) => {
    if (value === '' || value === '*') return;
    if (isMatchable(level, name)) parameters[name] = value;
    else ignoresKeys = true;
  };
  for (const [tag, { vr, Value = [] }] of Object.entries(identifier)) {
    if (ABOUT_ANSWER.has(tag)) continue;
    fields.push(tag);
    if (vr !== 'SQ') {
      match(tag, keyText(Value));
      continue;
    }
    const [item] = Value;
    for (const [nested, element] of Object.entries((item ?? {}) as DicomJson))
      match(`${tag}.${nested}`, element.vr === 'SQ' ? '' : keyText(element.Value ?? []));
  }
  return { parameters: { ...parameters, includefield: fields }, ignoresKeys };
}

function keyText(values: readonly unknown[]): string {
  return values
    .map((value) => {
      if (value === null || value === undefined) return '';
      if (typeof value !== 'object') return String(value);
      const name = value as Readonly<Record<string, string>>;
      return name.Alphabetic || name.Ideographic || name.Phonetic || '';
    })
    .join('\\');
}

/** Values of a unique key: what a retrieval names. */
export function namedBy(identifier: DicomJson, level: QueryLevel): string[] {
  return (identifier[UNIQUE_KEYS[level]]?.Value ?? []).map(String).filter((value) => value !== '');
}

/** The answer has the keys that were asked for, empty where nothing is known, and those of PS3.4 C.4.1.1.3.2. */
export function answerOf(match: DicomJson, identifier: DicomJson, aeTitle: string): DicomJson {
  const answer: DicomJson = {};
  for (const [tag, key] of Object.entries(identifier)) {
    if (tag !== jsonTag(Tag.SpecificCharacterSet)) answer[tag] = match[tag] ?? { vr: key.vr };
  }
  answer[LEVEL] = identifier[LEVEL]!;
  answer[jsonTag(Tag.RetrieveAETitle)] = { vr: 'AE', Value: [aeTitle] };
  answer[jsonTag(Tag.InstanceAvailability)] = { vr: 'CS', Value: ['ONLINE'] };
  return answer;
}
