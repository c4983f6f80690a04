import { Tag } from '@photopeak/dicom';
import { PATIENT_ROOT, type QueryRetrieveModel, STUDY_ROOT } from '@photopeak/dimse';
import { oneOf, optionError } from '../terminal/index.ts';
import { parseKey, type QueryKey } from './keys.ts';

export const LEVELS = ['patient', 'study', 'series', 'image'] as const;
export type Level = (typeof LEVELS)[number];

/** The unique key of each level (PS3.4 C.6). */
const UNIQUE_KEY: Record<Level, number> = {
  patient: Tag.PatientID,
  study: Tag.StudyInstanceUID,
  series: Tag.SeriesInstanceUID,
  image: Tag.SOPInstanceUID,
};

export interface LevelArguments {
  readonly level?: string;
  readonly model?: string;
}

/** The level of a query: studies, where nothing else is said. */
export function queryLevelOf({ level }: LevelArguments): Level {
  return level === undefined ? 'study' : oneOf(level, LEVELS, '--level');
}

/** The level of a retrieval: what is asked for, or the lowest whose unique key is given. */
export function retrieveLevelOf({ level }: LevelArguments, keys: readonly QueryKey[]): Level {
  if (level !== undefined) return oneOf(level, LEVELS, '--level');
  return LEVELS.findLast((name) => hasValue(keys, UNIQUE_KEY[name])) ?? 'study';
}

function hasValue(keys: readonly QueryKey[], tag: number): boolean {
  return keys.some(({ path, value }) => path.length === 1 && path[0] === tag && value !== '');
}

/** Patients exist only in the patient root; otherwise the study root is what every archive has. */
export function modelOf({ model }: LevelArguments, level: Level): QueryRetrieveModel {
  if (model === undefined) return level === 'patient' ? PATIENT_ROOT : STUDY_ROOT;
  const root = oneOf(model, ['patient', 'study'] as const, '--model');
  if (root === 'study' && level === 'patient') {
    throw optionError('--model', 'patient, where patients are asked for', model);
  }
  return root === 'patient' ? PATIENT_ROOT : STUDY_ROOT;
}

const QUERY_LEVEL = Tag.QueryRetrieveLevel;

/** What is shown where nothing is asked for, beside the unique keys of the levels above. */
const RETURN_KEYS: Record<Level, readonly string[]> = {
  patient: ['PatientID', 'PatientName', 'PatientBirthDate', 'PatientSex'],
  study: [
    ...['StudyInstanceUID', 'PatientID', 'PatientName', 'StudyDate', 'AccessionNumber'],
    ...['ModalitiesInStudy', 'StudyDescription'],
  ],
  series: [
    ...['StudyInstanceUID', 'SeriesInstanceUID', 'Modality', 'SeriesNumber', 'SeriesDescription'],
    'NumberOfSeriesRelatedInstances',
  ],
  image: ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID', 'InstanceNumber'],
};

const levelKey = (level: Level): QueryKey => ({ path: [QUERY_LEVEL], value: level.toUpperCase() });

/** The keys of a query: the level, those of the command line, and what is usually wanted of the level. */
export function queryKeys(level: Level, keys: readonly QueryKey[]): QueryKey[] {
  const given = new Set(keys.map(({ path }) => path.join('.')));
  const usual = RETURN_KEYS[level].map(parseKey).filter(({ path }) => !given.has(path.join('.')));
  return [levelKey(level), ...usual, ...keys];
}

/** The identifier of a retrieval: the level and its unique keys, nothing else (PS3.4 C.4.2.1.4). */
export function retrieveKeys(level: Level, keys: readonly QueryKey[]): QueryKey[] {
  if (!hasValue(keys, UNIQUE_KEY[level])) {
    throw optionError(
      'the keys',
      'PatientID, StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID of what is wanted',
      'none of the level',
    );
  }
  return [levelKey(level), ...keys];
}
