/** Texts for values that DICOM writes in its own way. */

/** `Family^Given^Middle` as `Family, Given Middle`. */
export function personName(name: string): string {
  const [family = '', given = '', middle = ''] = (name.split('=')[0] ?? '').split('^');
  const rest = [given, middle].filter((part) => part !== '').join(' ');
  if (family === '') return rest === '' ? 'No name' : rest;
  return rest === '' ? family : `${family}, ${rest}`;
}

/** `YYYYMMDD` as `YYYY-MM-DD`; empty stays empty. */
export function dicomDate(date: string): string {
  return /^\d{8}/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}` : '';
}

/** `HHMMSS.ffff` as `HH:MM`. */
export function dicomTime(time: string): string {
  return /^\d{4}/.test(time) ? `${time.slice(0, 2)}:${time.slice(2, 4)}` : '';
}

/** Years between two `YYYYMMDD` dates; undefined when either is missing. */
export function ageAt(birthDate: string, date: string): number | undefined {
  if (!/^\d{8}$/.test(birthDate) || !/^\d{8}$/.test(date)) return undefined;
  return Math.floor((Number(date) - Number(birthDate)) / 10_000);
}

/** An uptake: two decimals below 100, then fewer. */
export function uptake(value: number): string {
  if (Math.abs(value) >= 1000) return value.toPrecision(4);
  return value.toFixed(Math.abs(value) >= 100 ? 1 : 2);
}

export function millilitres(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** An instant (ISO 8601) in the words and the time zone of the reader. */
export const moment = (instant: string): string => when.format(new Date(instant));
