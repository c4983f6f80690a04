import type { Dataset, Keyword } from '../data/index.ts';

/** `20250102` to `2025-01-02`; also the old `2025.01.02`. */
function isoDate(text: string | undefined): string | undefined {
  const match = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})$/.exec(text?.trim() ?? '');
  return match === null ? undefined : `${match[1]}-${match[2]}-${match[3]}`;
}

/** `101112.123` to `10:11:12.123`; missing minutes and seconds are zero; also the old `10:11:12`. */
export function dicomTime(text: string | undefined): string | undefined {
  const match = /^(\d{2}):?(\d{2})?:?(\d{2})?(\.\d{1,6})?$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [, hours, minutes = '00', seconds = '00', fraction = ''] = match;
  return `${hours}:${minutes}:${seconds}${fraction}`;
}

/**
 * A DT value as local ISO 8601 without zone. An offset in the value is turned into the local time of the data set
 * where that one's offset from UTC (0008,0201) is known, else dropped: all times of a study are local times.
 */
export function dicomDateTime(text: string | undefined, timezone?: string): string | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(\.\d{1,6})?)?([+-]\d{4})?$/.exec(
    text?.trim() ?? '',
  );
  if (match === null) return undefined;
  const [, year, month, day, hours = '00', minutes = '00', seconds = '00', fraction = '', offset] = match;
  const local = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  const own = offsetMinutes(offset);
  const target = offsetMinutes(timezone);
  if (own === undefined || target === undefined || own === target) return `${local}${fraction}`;
  const shifted = new Date(Date.parse(`${local}Z`) + (target - own) * 60_000);
  return `${shifted.toISOString().slice(0, 19)}${fraction}`;
}

function offsetMinutes(text: string | undefined): number | undefined {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** Date and time attributes together as local ISO 8601; undefined unless both are there. */
export function dateTimeOf(dataset: Dataset, date: Keyword, time: Keyword): string | undefined {
  const day = isoDate(dataset.text(date));
  const clock = dicomTime(dataset.text(time));
  return day === undefined || clock === undefined ? undefined : `${day}T${clock}`;
}
