import { errorConditions, type Hl7Error } from './hl7-error.ts';
import type { Hl7Message, Hl7Segment } from './message.ts';
import { hl7Time, type SegmentContent, writeMessage } from './write-message.ts';

/** HL7 table 0008: application (A.) and accept (C.) acknowledgements. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

export interface Acknowledgement {
  readonly code: AckCode;
  /** MSH-10 of the acknowledgement. */
  readonly controlId: string;
  readonly at: Date;
  readonly error?: Hl7Error | undefined;
}

/** What the header of a message says about how it wants to be acknowledged (HL7 v2.5.1 chapter 2.9). */
export interface AcknowledgementMode {
  readonly isEnhanced: boolean;
  /** Whether an accept acknowledgement is to be sent, given how storing went. */
  accept(isOk: boolean): boolean;
  /** Whether an application acknowledgement is to be sent, given how the work went. */
  application(isOk: boolean): boolean;
}

/** Table 0155: always, never, only errors, only success. Both fields empty: original mode, one application answer. */
export function acknowledgementMode(header: Hl7Segment): AcknowledgementMode {
  const accept = header.text(15);
  const application = header.text(16);
  const isEnhanced = accept !== '' || application !== '';
  const wanted = (condition: string, isOk: boolean) =>
    condition === 'AL' || (condition === 'ER' && !isOk) || (condition === 'SU' && isOk);
  return {
    isEnhanced,
    accept: (isOk) => isEnhanced && wanted(accept, isOk),
    application: (isOk) => !isEnhanced || wanted(application, isOk),
  };
}

/** Names of the receiver where the message itself cannot be read. */
const UNKNOWN_VERSION = '2.5.1';

/**
 * The ACK to a message: sender and receiver swapped, its version and character set, MSA with its control id, and for
 * a negative one ERR in the form of that version (2.5 changed it). Holds nothing of the content of the message.
 */
export function writeAcknowledgement(request: Hl7Message, acknowledgement: Acknowledgement): string {
  const { header } = request;
  const { code, controlId, at, error } = acknowledgement;
  const version = header.text(12) || UNKNOWN_VERSION;
  const trigger = header.text(9, 2);
  const segments: SegmentContent[] = [
    {
      name: 'MSH',
      fields: {
        3: components(header, 5),
        4: components(header, 6),
        5: components(header, 3),
        6: components(header, 4),
        7: hl7Time(at),
        9: [
          'ACK',
          ...(trigger === '' ? [] : [trigger]),
          ...(trigger === '' || isBefore(version, '2.3.1') ? [] : ['ACK']),
        ],
        10: controlId,
        11: header.text(11) || 'P',
        12: version,
        18: header.text(18),
      },
    },
    {
      name: 'MSA',
      fields: {
        1: code,
        2: header.text(10),
        ...(error === undefined ? {} : { 3: summary(error).slice(0, 80) }),
      },
    },
  ];
  if (error !== undefined) segments.push(errorSegment(error, version));
  return writeMessage(segments);
}

function errorSegment(error: Hl7Error, version: string): SegmentContent {
  const { condition, location } = error;
  const text = errorConditions[condition];
  const code = String(condition);
  const place =
    location === undefined
      ? ['', '', '']
      : [
          location.segment,
          String(location.sequence ?? 1),
          location.field === undefined ? '' : String(location.field),
        ];
  if (isBefore(version, '2.5')) return { name: 'ERR', fields: { 1: [...place, [code, text, 'HL70357']] } };
  return {
    name: 'ERR',
    fields: {
      2: location === undefined ? '' : place,
      3: [code, text, 'HL70357'],
      4: 'E',
      5: [error.code, error.message, 'PHOTOPEAK'],
      8: summary(error).slice(0, 250),
    },
  };
}

function summary(error: Hl7Error): string {
  const where = error.where === undefined ? '' : ` (${error.where})`;
  const remedy = error.remedy === undefined ? '' : `; ${error.remedy}`;
  return `${error.message}${where}${remedy}`;
}

function components(header: Hl7Segment, field: number): string[] {
  const value = header.value(field);
  return [1, 2, 3].map((number) => value.component(number));
}

/** `2.3.1` is before `2.5`. */
export function isBefore(version: string, other: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(other)];
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
