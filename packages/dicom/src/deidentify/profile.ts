import { dictionary, type Keyword, lookUpTag } from '../data/index.ts';
import { type ProfileAction, type ProfileColumn, profileTable } from './profile-table.ts';

/** The options of PS3.15 annex E that change the Basic Profile. */
export const deidentificationOptions = [
  'retain-uids',
  'retain-device-identity',
  'retain-institution-identity',
  'retain-patient-characteristics',
  'retain-full-dates',
  'retain-modified-dates',
  'retain-safe-private',
  'clean-descriptors',
  'clean-structured-content',
  'clean-graphics',
  'clean-pixel-data',
] as const;

export type DeidentificationOption = (typeof deidentificationOptions)[number];

/** Basic Application Level Confidentiality Profile with options, as a value. */
export interface DeidentificationProfile {
  readonly options: readonly DeidentificationOption[];
}

/**
 * What SUV needs of a PET study and the Basic Profile takes away: weight, height and sex, the times of injection and
 * acquisition (shifted by whole days), and the private scale factors of the vendors.
 */
export const suvOptions: readonly DeidentificationOption[] = [
  'retain-patient-characteristics',
  'retain-modified-dates',
  'retain-safe-private',
];

/** CID 7050. */
export const methodCodes: Readonly<Record<DeidentificationOption | 'basic', readonly [string, string]>> = {
  basic: ['113100', 'Basic Application Confidentiality Profile'],
  'clean-pixel-data': ['113101', 'Clean Pixel Data Option'],
  'clean-graphics': ['113103', 'Clean Graphics Option'],
  'clean-structured-content': ['113104', 'Clean Structured Content Option'],
  'clean-descriptors': ['113105', 'Clean Descriptors Option'],
  'retain-full-dates': ['113106', 'Retain Longitudinal Temporal Information Full Dates Option'],
  'retain-modified-dates': ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'],
  'retain-patient-characteristics': ['113108', 'Retain Patient Characteristics Option'],
  'retain-device-identity': ['113109', 'Retain Device Identity Option'],
  'retain-uids': ['113110', 'Retain UIDs Option'],
  'retain-safe-private': ['113111', 'Retain Safe Private Option'],
  'retain-institution-identity': ['113112', 'Retain Institution Identity Option'],
};

/** What is done to an attribute: an action of the Basic Profile, or what an option makes of it. */
export type Action = ProfileAction | 'K' | 'C' | 'shift';

interface Row {
  readonly action: ProfileAction;
  readonly columns: readonly ProfileColumn[];
}

let rows: Map<number, Row> | undefined;

function rowOf(tag: number): Row | undefined {
  rows ??= new Map(
    Object.entries(profileTable).map(([keyword, text]) => {
      const [action, ...columns] = text.split(' ') as [ProfileAction, ...ProfileColumn[]];
      return [dictionary[keyword as Keyword][0], { action, columns }];
    }),
  );
  return rows.get(tag);
}

const cleaning: readonly (readonly [ProfileColumn, DeidentificationOption])[] = [
  ['descriptors', 'clean-descriptors'],
  ['structured', 'clean-structured-content'],
  ['graphics', 'clean-graphics'],
  ['patient-clean', 'retain-patient-characteristics'],
];
const retaining: readonly (readonly [ProfileColumn, DeidentificationOption])[] = [
  ['uids', 'retain-uids'],
  ['device', 'retain-device-identity'],
  ['institution', 'retain-institution-identity'],
  ['patient', 'retain-patient-characteristics'],
];

const temporal = new Set(['DA', 'DT', 'TM']);

/**
 * The action for a public attribute, undefined where it stays as it is. Where options differ about an attribute, the
 * one that protects more is taken: dates of calibration are shifted even when the identity of the device is retained.
 *
 * Attributes that are younger than the table are treated as their kind is: person names are emptied, dates follow the
 * option for dates, and UIDs are replaced.
 */
export function actionOf(
  tag: number,
  vr: string,
  options: ReadonlySet<DeidentificationOption>,
): Action | undefined {
  const row = rowOf(tag) ?? kindOf(tag, vr);
  if (row === undefined) return undefined;
  const { action, columns } = row;
  if (columns.includes('dates')) {
    if (options.has('retain-modified-dates')) return temporal.has(vr) || vr === 'SH' ? 'shift' : action;
    if (options.has('retain-full-dates')) return 'K';
  }
  if (cleaning.some(([column, option]) => columns.includes(column) && options.has(option))) return 'C';
  if (retaining.some(([column, option]) => columns.includes(column) && options.has(option))) return 'K';
  return action;
}

function kindOf(tag: number, vr: string): Row | undefined {
  if (vr === 'PN') return { action: 'X/Z/D', columns: [] };
  if (temporal.has(vr)) return { action: 'X/Z/D', columns: ['dates'] };
  if (vr === 'UI' && !namesAClass(tag)) return { action: 'U', columns: ['uids'] };
  return undefined;
}

/** UIDs of kinds of things, such as SOP classes and coding schemes, name no person, place or event. */
function namesAClass(tag: number): boolean {
  const keyword = lookUpTag(tag)?.keyword ?? '';
  return /ClassUID|TransferSyntaxUID|CodingSchemeUID|ContextUID|MappingResourceUID|ContextGroupExtensionCreatorUID|TemplateUID/.test(
    keyword,
  );
}
