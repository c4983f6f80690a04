import type { StudyIdentity } from '../database/index.ts';
import { Hl7Error, type Hl7Message, type Hl7Segment, type Hl7Value } from '../hl7/index.ts';

/** A patient's number and who gave it out. */
export interface PatientKey {
  readonly id: string;
  /** Namespace of the assigning authority (CX-4.1), else its universal id; empty where it is not told. */
  readonly issuer: string;
}

export interface Patient extends PatientKey {
  /** DICOM PN. */
  readonly name: string;
  /** `YYYYMMDD` or empty. */
  readonly birthDate: string;
  /** M, F, O or empty. */
  readonly sex: string;
}

/** Types of HL7 table 0203 that name a patient in a hospital, the best first. */
const TYPES = ['MR', 'PI', 'PT', ''];

/**
 * The patient of a PID segment: of several numbers the medical record number, else the first.
 * @throws Hl7Error HL7_FIELD_MISSING where PID or its number is missing.
 */
export function readPatient(message: Hl7Message, pid = findSegment(message, 'PID')): Patient {
  const key = readKey(pid.repetitions(3)) ?? readKey(pid.repetitions(2));
  if (key === undefined) throw missing('PID', 3, 'the patient has no identifier');
  return {
    ...key,
    name: personName(pid.repetitions(5)),
    birthDate: /^\d{8}/.exec(pid.text(7))?.[0] ?? '',
    sex: SEXES[pid.text(8).slice(0, 1).toUpperCase()] ?? '',
  };
}

/** The number in a CX field, MRG-1 for example. */
export function readKey(values: readonly Hl7Value[]): PatientKey | undefined {
  const usable = values.filter((value) => value.component(1) !== '');
  const rank = (value: Hl7Value) => {
    const index = TYPES.indexOf(value.component(5));
    return index < 0 ? TYPES.length : index;
  };
  const [best] = usable.toSorted((a, b) => rank(a) - rank(b));
  if (best === undefined) return undefined;
  return { id: short(best.component(1)), issuer: short(best.component(4) || best.component(4, 2)) };
}

/** DICOM has M, F and O; HL7 table 0001 has more. */
const SEXES: Readonly<Record<string, string>> = { M: 'M', F: 'F', O: 'O', A: 'O' };

/**
 * XPN to DICOM PN: suffix and prefix change places; ideographic and phonetic repetitions (XPN-8 I and P) become the
 * second and third group (PS3.5 §6.2.1.1).
 */
export function personName(values: readonly Hl7Value[], first = 1): string {
  const group = (value: Hl7Value | undefined) => {
    if (value === undefined) return '';
    const part = (index: number) => value.component(first + index).replaceAll(/[\^=\\]/g, ' ');
    return [part(0), part(1), part(2), part(4), part(3)].join('^').replace(/\^+$/, '');
  };
  const representation = (value: Hl7Value) => value.component(8);
  const alphabetic = values.find((value) => !['I', 'P'].includes(representation(value)));
  const groups = [
    group(alphabetic),
    group(values.find((value) => representation(value) === 'I')),
    group(values.find((value) => representation(value) === 'P')),
  ];
  return short(groups.join('=').replace(/=+$/, ''));
}

/** XCN: the name begins after the number. */
export function physicianName(segment: Hl7Segment, field: number): string {
  const [value] = segment.repetitions(field);
  return value === undefined ? '' : personName([value], 2);
}

/** What the index keeps of a text; control characters have no place in a list. */
export function short(text: string, longest = 256): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longest);
}

export function findSegment(message: Hl7Message, name: string): Hl7Segment {
  const segment = message.segments.find((candidate) => candidate.name === name);
  if (segment !== undefined) return segment;
  throw new Hl7Error(`the message has no ${name} segment`, {
    code: 'HL7_SEGMENT_MISSING',
    condition: 100,
    location: { segment: name },
  });
}

export function missing(segment: string, field: number, text: string): Hl7Error {
  return new Hl7Error(text, { code: 'HL7_FIELD_MISSING', condition: 101, location: { segment, field } });
}

export function identityOf(row: StudyIdentity): StudyIdentity {
  const { patient_id, patient_issuer, patient_name, birth_date, sex } = row;
  return { patient_id, patient_issuer, patient_name, birth_date, sex };
}
