import { createHash } from 'node:crypto';
import { type Dataset, readFileHeader } from '@photopeak/dicom';

/** Patient facts for a physician's report; never for logs. */
export interface PatientFacts {
  readonly name: string;
  readonly id: string;
  /** `YYYYMMDD` as in the header, or empty. */
  readonly birthDate: string;
  readonly sex: string;
}

export function patientFacts(header: Dataset): PatientFacts {
  return {
    name: header.text('PatientName') ?? '',
    id: header.text('PatientID') ?? '',
    birthDate: header.text('PatientBirthDate') ?? '',
    sex: header.text('PatientSex') ?? '',
  };
}

/** Those of a DICOM file; empty where there is none. */
export function patientOfFile(path: string | null | undefined): PatientFacts {
  if (path === null || path === undefined) return { name: '', id: '', birthDate: '', sex: '' };
  return patientFacts(readFileHeader(path).dataset);
}

/** Twelve hex digits that tell patients apart without naming them. */
export function patientHash(header: Dataset): string {
  const { id, name } = patientFacts(header);
  const issuer = header.text('IssuerOfPatientID') ?? '';
  return createHash('sha256')
    .update(`${issuer}\n${id}\n${id === '' ? name : ''}`)
    .digest('hex')
    .slice(0, 12);
}
