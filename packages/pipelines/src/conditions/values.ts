import { type DicomJson, isPrivateCreator } from '@photopeak/dicom';
import type { AttributePath, AttributeStep } from './attribute-path.ts';
import type { Test, TestValue } from './condition.ts';

export type Value = string | number;

/** Values of one attribute that are looked at; a longer list is a lookup table or a curve. */
const MOST_VALUES = 100;
const FIRST_BLOCK = 0x10;
const LAST_BLOCK = 0xff;

/** The values that a path leads to in the DICOM JSON of an instance. Binary values are not looked at. */
export function valuesAt(json: DicomJson, path: AttributePath): readonly Value[] {
  let items: readonly DicomJson[] = [json];
  for (const [index, step] of path.steps.entries()) {
    const isLast = index === path.steps.length - 1;
    const next: unknown[] = [];
    for (const item of items) {
      const key = keyOf(item, step);
      if (key === undefined) continue;
      const values = item[key]?.Value ?? [];
      next.push(...(step.item === undefined ? values : values.slice(step.item - 1, step.item)));
      if (next.length > MOST_VALUES) break;
    }
    if (isLast) return next.slice(0, MOST_VALUES).flatMap(toValue);
    items = next.filter((value): value is DicomJson => value !== null && typeof value === 'object');
  }
  return [];
}

function keyOf(item: DicomJson, step: AttributeStep): string | undefined {
  if (step.kind === 'public') return hex(step.tag);
  for (let block = FIRST_BLOCK; block <= LAST_BLOCK; block++) {
    const tag = ((step.group << 16) | block) >>> 0;
    const creator = isPrivateCreator(tag) ? item[hex(tag)]?.Value?.[0] : undefined;
    if (typeof creator === 'string' && creator.trim() === step.creator)
      return hex(((step.group << 16) | (block << 8) | step.element) >>> 0);
  }
  return undefined;
}

const hex = (tag: number): string => tag.toString(16).toUpperCase().padStart(8, '0');

function toValue(value: unknown): Value[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (value !== null && typeof value === 'object') {
    // The component groups of a person's name, PS3.18 F.2.2.
    const { Alphabetic, Ideographic, Phonetic } = value as Readonly<Record<string, unknown>>;
    return [Alphabetic, Ideographic, Phonetic].flatMap((part) =>
      typeof part === 'string' && part !== '' ? [part] : [],
    );
  }
  return [];
}

/** `exists: false` and `notEquals` speak of all values, every other test of one value for which all hold. */
export function testsHold(tests: readonly Test[], values: readonly Value[]): boolean {
  return (
    tests.every(({ operator, value }) => operator !== 'exists' || value === values.length > 0) &&
    tests.every(
      ({ operator, value }) =>
        operator !== 'notEquals' || (values.length > 0 && !values.some((found) => equal(found, value))),
    ) &&
    oneHolds(
      tests.filter(({ operator }) => operator !== 'exists' && operator !== 'notEquals'),
      values,
    )
  );
}

function oneHolds(tests: readonly Test[], values: readonly Value[]): boolean {
  return tests.length === 0 || values.some((value) => tests.every((test) => holds(test, value)));
}

function holds(test: Test, found: Value): boolean {
  switch (test.operator) {
    case 'equals':
      return equal(found, test.value);
    case 'notEquals':
    case 'exists':
      return true;
    case 'in':
      return test.value.some((wanted) => equal(found, wanted));
    case 'below':
      return compare(found, test.value, (order) => order < 0);
    case 'atMost':
      return compare(found, test.value, (order) => order <= 0);
    case 'above':
      return compare(found, test.value, (order) => order > 0);
    case 'atLeast':
      return compare(found, test.value, (order) => order >= 0);
    case 'contains':
      return fold(found).includes(fold(test.value));
    case 'startsWith':
      return fold(found).startsWith(fold(test.value));
    case 'glob':
      return glob(fold(test.value), fold(found));
  }
}

const fold = (value: Value): string => String(value).normalize('NFC').toLowerCase();

function equal(found: Value, wanted: TestValue): boolean {
  if (typeof wanted === 'number') return toNumber(found) === wanted;
  return fold(found) === fold(wanted);
}

/** Against a number as numbers, else as text: dates and times of DICOM sort as text. */
function compare(found: Value, wanted: TestValue, accept: (order: number) => boolean): boolean {
  if (typeof wanted === 'number') {
    const value = toNumber(found);
    return value !== undefined && accept(value - wanted);
  }
  const [a, b] = [fold(found), fold(wanted)];
  return accept(a < b ? -1 : a > b ? 1 : 0);
}

const YEARS_PER: Readonly<Record<string, number>> = { Y: 1, M: 1 / 12, W: 7 / 365.25, D: 1 / 365.25 };
const AGE = /^(\d{3})([YMWD])$/;

/** Age strings (AS, `018M`) count in years. */
function toNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  const age = AGE.exec(value);
  if (age !== null) return Number(age[1]) * (YEARS_PER[age[2] ?? 'Y'] ?? 1);
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * `*` any text, `?` one character. Goes back to the last star only, so that the time is at most the product of the
 * lengths whatever the pattern.
 */
export function glob(pattern: string, text: string): boolean {
  const [p, t] = [[...pattern], [...text]];
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < t.length; ) {
    if (p[at] === '*') {
      star = at++;
      resume = index;
    } else if (at < p.length && (p[at] === '?' || p[at] === t[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (p[at] === '*') at += 1;
  return at === p.length;
}
