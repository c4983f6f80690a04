import { PhotopeakError } from '@photopeak/imaging';

/** The value of an option cannot be used: `OPTION_INVALID`. */
export function optionError(option: string, expected: string, found: string): PhotopeakError {
  return new PhotopeakError(`the value of ${option} cannot be used`, {
    code: 'OPTION_INVALID',
    expected,
    found: found === '' ? 'nothing' : found,
    where: option,
    remedy: 'see the --help of the command',
  });
}

export function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw optionError(option, 'a whole number from 0', text);
  return Number(text);
}

export function finiteNumber(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw optionError(option, 'a number', text);
  return value;
}

export function oneOf<T extends string>(text: string, values: readonly T[], option: string): T {
  const value = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (value === undefined) throw optionError(option, values.join(', '), text);
  return value;
}

const LOCAL_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

/** A date-time without zone that exists, e.g. `2026-11-23T10:15:00`. */
export function dateTime(text: string, option: string): string {
  const time = new Date(`${text}Z`);
  const exists = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
  if (!LOCAL_DATE_TIME.test(text) || !exists) {
    throw optionError(option, 'a date-time such as 2026-11-23T10:15:00', text);
  }
  return text;
}

/** Of `--threads`. */
export function threadCount(text: string): number {
  const count = wholeNumber(text, '--threads');
  if (count < 1 || count > 64) throw optionError('--threads', 'a number from 1 to 64', text);
  return count;
}

/** `name=value`: a number, `true`, `false` or any JSON where it reads as such, else text. */
export function namedValue(text: string, option: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw optionError(option, 'name=value', text);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
