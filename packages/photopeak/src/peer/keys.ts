import { Dataset, isKeyword, keywordOf, lookUpTag, tagOf, writeDataset } from '@photopeak/dicom';
import type { DataSetEncoder } from '@photopeak/dimse';
import { optionError } from '../terminal/index.ts';

/** One key of a query: where it stands, and the value to match; an empty one asks for the attribute. */
export interface QueryKey {
  /** Sequences on the way, then the attribute itself. */
  readonly path: readonly number[];
  readonly value: string;
}

const TAG = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i;

/** `PatientID=4711`, `StudyDate=20260101-`, `00080060=CT`, `ScheduledProcedureStepSequence.Modality=CT`, `StudyTime`. */
export function parseKey(text: string): QueryKey {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const value = equals < 0 ? '' : text.slice(equals + 1);
  return { path: name.split('.').map((part) => tagNamed(part, text)), value };
}

function tagNamed(name: string, where: string): number {
  const match = TAG.exec(name);
  if (match !== null) return Number.parseInt(`${match[1]}${match[2]}`, 16);
  if (isKeyword(name)) return tagOf(name);
  throw optionError('a key', 'KEYWORD=VALUE, such as PatientID=4711, or GGGGEEEE=VALUE', where);
}

export const keyName = ({ path }: QueryKey): string =>
  keywordOf(path.at(-1)!) ?? path.at(-1)!.toString(16).padStart(8, '0');

/** A query as a data set. Values are taken as they are, so that wild cards, ranges and lists of UIDs go through. */
export function identifierOf(keys: readonly QueryKey[]): Dataset {
  const root = new Dataset();
  for (const { path, value } of keys) {
    let at = root;
    for (const tag of path.slice(0, -1)) {
      if (at.item(tag) === undefined) at.set(tag, new Dataset());
      at = at.item(tag)!;
    }
    setValue(at, path.at(-1)!, value);
  }
  return root;
}

const NUMBERS = /^(US|SS|UL|SL|FL|FD|SV|UV)/;

function setValue(dataset: Dataset, tag: number, value: string): void {
  const vr = lookUpTag(tag)?.vr;
  const values = value === '' ? [] : value.split('\\');
  // What the dictionary does not know is text, as nearly all private keys are.
  if (vr === undefined) dataset.set(tag, values, 'LO');
  else dataset.set(tag, NUMBERS.test(vr) ? values.map(Number) : values);
}

export const encoderOf =
  (dataset: Dataset): DataSetEncoder =>
  (transferSyntaxUid) =>
    writeDataset(dataset, { transferSyntaxUid });
