import type { Change } from './tolerance.ts';

/** One line of the arithmetic behind an assessment, for people and for a test. */
export interface Statement {
  /** A sentence with its numbers rounded for reading. */
  readonly text: string;
  /** Whether the condition that the sentence states holds; absent where it states a fact. */
  readonly holds?: boolean;
  /** The numbers of the sentence, unrounded. */
  readonly values: Readonly<Record<string, number>>;
}

/** The outcome of a set of criteria: a category, or why there is none. */
export type Assessment<Category extends string> =
  | {
      readonly status: 'assessed';
      /** Name and version of the criteria, such as `PERCIST 1.0`. */
      readonly criteria: string;
      readonly category: Category;
      readonly meaning: string;
      readonly statements: readonly Statement[];
      /** What a person must look at before relying on it. */
      readonly cautions: readonly string[];
    }
  | {
      readonly status: 'not-assessable';
      readonly criteria: string;
      readonly reasons: readonly string[];
      readonly statements: readonly Statement[];
    };

export const fact = (text: string, values: Readonly<Record<string, number>> = {}): Statement => ({
  text,
  values,
});

export const condition = (
  text: string,
  holds: boolean,
  values: Readonly<Record<string, number>> = {},
): Statement => ({ text, holds, values });

export const notAssessable = (
  criteria: string,
  reasons: readonly string[],
  statements: readonly Statement[] = [],
): Extract<Assessment<never>, { status: 'not-assessable' }> => ({
  status: 'not-assessable',
  criteria,
  reasons,
  statements,
});

/** Most digits that a rounded number gets so that it does not seem to reach a limit that it misses. */
const MOST_DIGITS = 6;

/** A number with `digits` decimals, or as many more as are needed to tell it from a limit that it does not equal. */
export function rounded(value: number, digits: number, limit?: number): string {
  let text = value.toFixed(digits);
  if (limit === undefined || Math.abs(value - limit) < 1e-9) return text;
  for (let more = digits + 1; Number(text) === Number(limit.toFixed(digits)) && more <= MOST_DIGITS; more++) {
    text = value.toFixed(more);
    if (Number(text) !== limit) break;
  }
  return text;
}

const signed = (text: string): string => (text.startsWith('-') ? text : `+${text}`);

/** A limit given as a share, in percent: `30`. */
export const asPercent = (share: number): string => String(Number((share * 100).toPrecision(10)));

/** `+12.3 %`; of a share. */
export function percentText(share: number | null, limitShare?: number): string {
  if (share === null) return 'no percentage: the first value is zero';
  const limit = limitShare === undefined ? undefined : Math.sign(share) * Math.abs(limitShare) * 100;
  return `${signed(rounded(share * 100, 1, limit))} %`;
}

/** `6.00 → 4.20 (-1.80, -30.0 %)`, with digits enough to tell the change from its limits. */
export function changeText(
  change: Change,
  digits = 2,
  limits: { readonly absolute?: number; readonly share?: number } = {},
): string {
  const limit = limits.absolute === undefined ? undefined : Math.sign(change.absolute) * limits.absolute;
  return `${change.from.toFixed(digits)} → ${change.to.toFixed(digits)} (${signed(
    rounded(change.absolute, digits, limit),
  )}, ${percentText(change.relative, limits.share)})`;
}

/** The numbers of a change under names with a prefix. */
export function changeValues(name: string, change: Change): Record<string, number> {
  return {
    [`${name}From`]: change.from,
    [`${name}To`]: change.to,
    [`${name}Absolute`]: change.absolute,
    ...(change.relative === null ? {} : { [`${name}Relative`]: change.relative }),
  };
}
