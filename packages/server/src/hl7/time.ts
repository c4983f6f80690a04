/** A moment as a message gives it: DICOM DA and TM, and the instant. */
export interface Hl7Moment {
  /** `YYYYMMDD`. */
  readonly date: string;
  /** `HHMMSS` or empty where only a date is given. */
  readonly time: string;
  readonly at: Date;
}

const FORM = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(\.\d{1,9})?)?)?([+-]\d{4})?$/;

/** HL7 TS/DTM with at least a day. Without a zone it is the local time of this node. Undefined if it is none. */
export function readMoment(text: string): Hl7Moment | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '', minute = '', second = '00', , zone] = match;
  const iso = `${year}-${month}-${day}T${hour || '00'}:${minute || '00'}:${second}`;
  const at = new Date(zone === undefined ? iso : `${iso}${zone.slice(0, 3)}:${zone.slice(3)}`);
  if (Number.isNaN(at.getTime())) return undefined;
  return { date: `${year}${month}${day}`, time: hour === '' ? '' : `${hour}${minute}${second}`, at };
}
