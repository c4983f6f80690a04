import type { Dataset, Keyword } from '../data/index.ts';

/** Attribute types, PS3.5 section 7.4. */
export type AttributeType = '1' | '1C' | '2' | '2C' | '3';

export interface Condition {
  /** For the message: “Required if …”. */
  readonly text: string;
  readonly holds: (item: Dataset, root: Dataset) => boolean;
}

/** One row of a module or macro table of PS3.3. */
export interface Rule {
  readonly keyword: Keyword;
  readonly type: AttributeType;
  /** For types 1C and 2C. */
  readonly condition?: Condition;
  /** Enumerated values of each value; or, by position, of the n-th value. */
  readonly values?: readonly string[] | readonly (readonly string[] | undefined)[];
  /** Rows of the items of a sequence. */
  readonly items?: readonly Rule[];
  /** Number of items. */
  readonly count?: { readonly least?: number; readonly most?: number };
}

export interface Module {
  readonly name: string;
  /** Section of PS3.3. */
  readonly section: string;
  readonly rules: readonly Rule[];
}

type Options = Omit<Rule, 'keyword' | 'type' | 'condition'>;

const row =
  (type: AttributeType) =>
  (keyword: Keyword, options: Options = {}): Rule => ({ keyword, type, ...options });

export const type1 = row('1');
export const type2 = row('2');
export const type3 = row('3');
export const type1C = (keyword: Keyword, condition: Condition, options: Options = {}): Rule => ({
  keyword,
  type: '1C',
  condition,
  ...options,
});
export const type2C = (keyword: Keyword, condition: Condition, options: Options = {}): Rule => ({
  keyword,
  type: '2C',
  condition,
  ...options,
});

export const module = (name: string, section: string, rules: readonly Rule[]): Module => ({
  name,
  section,
  rules,
});

export const ONE = { least: 1, most: 1 } as const;
export const SOME = { least: 1 } as const;

export const when = (text: string, holds: Condition['holds']): Condition => ({ text, holds });
export const absent = (keyword: Keyword): Condition =>
  when(`${keyword} is absent`, (item) => !item.has(keyword));
export const present = (keyword: Keyword): Condition =>
  when(`${keyword} is present`, (item) => item.has(keyword));
export const equals = (keyword: Keyword, ...values: readonly string[]): Condition =>
  when(`${keyword} is ${values.join(' or ')}`, (item) => values.includes(item.text(keyword) ?? ''));
