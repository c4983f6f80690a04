import type { AttributePath } from './attribute-path.ts';

/**
 * A condition of a route as data. Nothing in it is executed: an evaluator walks it (evaluate.ts). It is built
 * by the parser only, so that each part is known to be valid.
 */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  /** `chosen`: every series that the route chooses, of which there must be one. */
  | { readonly kind: 'series'; readonly which: 'any' | 'every' | 'chosen'; readonly part: Condition }
  | { readonly kind: 'instances'; readonly which: 'any' | 'every'; readonly part: Condition }
  | { readonly kind: 'attribute'; readonly path: AttributePath; readonly tests: readonly Test[] }
  | { readonly kind: 'measure'; readonly measure: MeasureName; readonly tests: readonly Test[] }
  | { readonly kind: 'order'; readonly field: OrderField; readonly tests: readonly Test[] }
  /** All fields of one and the same source. */
  | { readonly kind: 'source'; readonly fields: readonly SourceTest[] }
  | { readonly kind: 'time'; readonly window: TimeWindow }
  | {
      readonly kind: 'count';
      readonly of: 'series' | 'instances';
      readonly where: Condition | undefined;
      readonly tests: readonly Test[];
    }
  /** The study holds all, or one, of these modalities. */
  | { readonly kind: 'modalities'; readonly which: 'all' | 'any'; readonly names: readonly string[] };

export interface SourceTest {
  readonly field: SourceField;
  readonly tests: readonly Test[];
}

export const operators = [
  'equals',
  'notEquals',
  'below',
  'atMost',
  'above',
  'atLeast',
  'in',
  'contains',
  'startsWith',
  'glob',
  'exists',
] as const;
export type Operator = (typeof operators)[number];

/** Other spellings of the operators. */
export const operatorSpellings: Readonly<Record<string, Operator>> = {
  '=': 'equals',
  '!=': 'notEquals',
  '<': 'below',
  '<=': 'atMost',
  '>': 'above',
  '>=': 'atLeast',
  oneOf: 'in',
};

export type TestValue = string | number;

export type Test =
  | {
      readonly operator: 'equals' | 'notEquals' | 'below' | 'atMost' | 'above' | 'atLeast';
      readonly value: TestValue;
    }
  | { readonly operator: 'in'; readonly value: readonly TestValue[] }
  | { readonly operator: 'contains' | 'startsWith' | 'glob'; readonly value: string }
  | { readonly operator: 'exists'; readonly value: boolean };

export const orderFields = [
  'exists',
  'reason',
  'reasonCode',
  'clinicalInformation',
  'procedureCode',
  'description',
  'priority',
  'modality',
  'bodyPart',
  'requestedProcedureId',
  'referringPhysician',
  'orderingPhysician',
] as const;
export type OrderField = (typeof orderFields)[number];

export const sourceFields = ['kind', 'aeTitle', 'calledAeTitle', 'address', 'folder', 'user'] as const;
export type SourceField = (typeof sourceFields)[number];

/** What is measured in pixels or found in other objects of the study: only where these are at hand. */
export const measuredNames = ['ctdiVolMgy', 'noise', 'snr'] as const;
export type MeasuredName = (typeof measuredNames)[number];

/** Measures that only pixels tell. */
export const pixelMeasures: readonly MeasureName[] = ['noise', 'snr'];

/** What a function computes of the images; measures.ts has the functions. */
export const measureNames = [
  'numberOfImages',
  'sliceThicknessMm',
  'sliceSpacingMm',
  'scanLengthMm',
  'missingSlices',
  'pixelSpacingMm',
  'patientAgeYears',
  ...measuredNames,
] as const;
export type MeasureName = (typeof measureNames)[number];

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** From a time of day until before another, of the clock of a zone; over midnight if `to` is not after `from`. */
export interface TimeWindow {
  /** Minutes after midnight. */
  readonly from: number;
  readonly to: number;
  /** IANA name. */
  readonly timeZone: string;
  /** Days on which the window begins. */
  readonly weekdays: readonly Weekday[];
}
