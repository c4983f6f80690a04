/**
 * Local date-times of DICOM as seconds on one common axis. No zone is applied: all times of a series are written
 * in the same local time, and only their differences matter.
 */
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?$/;

export const DAY_S = 86400;

/** Seconds since 1970-01-01 00:00 local, or null where the text is no date-time. */
export function dateTimeSeconds(text: string | null): number | null {
  const match = text === null ? null : DATE_TIME.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  return (
    Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0) / 1000 +
    Number(match[7] ?? 0)
  );
}

/** Seconds since midnight, or null where the text is no time of day. */
export function timeOfDaySeconds(text: string | null): number | null {
  const match = text === null ? null : TIME.exec(text);
  if (match === null) return null;
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0) + Number(match[4] ?? 0);
}

/** `2020-12-17 10:48:30.351`, for derivations. */
export function formatSeconds(seconds: number): string {
  return new Date(Math.round(seconds * 1000))
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '')
    .replace(/\.000$/, '');
}
