import { objectError } from './errors.ts';

/** A date-time in the forms DICOM needs. */
export interface DicomDateTime {
  readonly date: string;
  readonly time: string;
  readonly dateTime: string;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:?\d{2})?$/;

/** From ISO 8601 such as `2026-11-23T10:15:00` or with a zone `+01:00`; the zone shows only in `dateTime` (DT). */
export function toDicomDateTime(iso: string): DicomDateTime {
  const parts = ISO.exec(iso);
  if (parts === null) {
    throw objectError('OBJECT_INPUT_INVALID', 'A date-time is not in ISO 8601', {
      expected: 'YYYY-MM-DDThh:mm:ss with optional fraction and zone',
      found: iso,
    });
  }
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const date = `${year}${month}${day}`;
  const time = `${hour}${minute}${second}${fraction === undefined ? '' : `.${fraction}`}`;
  const offset = zone === undefined ? '' : zone === 'Z' ? '+0000' : zone.replace(':', '');
  return { date, time, dateTime: `${date}${time}${offset}` };
}
