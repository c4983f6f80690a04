/** A local date and time without zone, in seconds since 1970 as if it were UTC. */
export type LocalSeconds = number;

const two = (value: number) => String(value).padStart(2, '0');

/** `YYYYMMDDHHMMSS` to seconds. */
export function parseLocal(text: string): LocalSeconds {
  const part = (from: number, to: number) => Number(text.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14)) / 1000;
}

/** DICOM DA. */
export function dateOf(seconds: LocalSeconds): string {
  const date = new Date(Math.floor(seconds) * 1000);
  return `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
}

/** DICOM TM with `digits` decimals of a second. */
export function timeOf(seconds: LocalSeconds, digits = 0): string {
  const whole = Math.floor(seconds);
  const date = new Date(whole * 1000);
  const clock = `${two(date.getUTCHours())}${two(date.getUTCMinutes())}${two(date.getUTCSeconds())}`;
  if (digits === 0) return clock;
  const scale = 10 ** digits;
  const fraction = Math.min(scale - 1, Math.round((seconds - whole) * scale));
  return `${clock}.${String(fraction).padStart(digits, '0')}`;
}

/** DICOM DT. */
export function dateTimeOf(seconds: LocalSeconds, digits = 0): string {
  return dateOf(seconds) + timeOf(seconds, digits);
}
