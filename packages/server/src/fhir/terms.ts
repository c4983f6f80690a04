import type { CodeableConcept, Coding, Identifier, Reference } from 'fhir/r4.js';
import type { CodeColumn } from '../database/index.ts';

/** Systems of the codes that this node writes (FHIR terminology, external code systems). */
const SYSTEMS: Readonly<Record<string, string>> = {
  DCM: 'http://dicom.nema.org/resources/ontology/DCM',
  SCT: 'http://snomed.info/sct',
  LN: 'http://loinc.org',
  UCUM: 'http://unitsofmeasure.org',
  IBSI: 'urn:oid:1.2.840.10008.2.16.13',
};

export const PHOTOPEAK = 'urn:photopeak';
export const RUN_SYSTEM = `${PHOTOPEAK}:run`;
export const FINDING_SYSTEM = `${PHOTOPEAK}:finding`;
export const AUDIT_SYSTEM = `${PHOTOPEAK}:audit`;

export function coding({ value, scheme, meaning }: CodeColumn): Coding {
  const system =
    SYSTEMS[scheme] ?? (scheme === '' ? undefined : `${PHOTOPEAK}:scheme:${encodeURIComponent(scheme)}`);
  return { ...(system === undefined ? {} : { system }), code: value, display: meaning };
}

export const concept = (code: CodeColumn): CodeableConcept => ({
  coding: [coding(code)],
  text: code.meaning,
});

export function quantity(value: number, unit: string) {
  return { value, unit, system: SYSTEMS.UCUM!, code: unit };
}

/** Identifier of a study: DICOM's UID as the R4 ImagingStudy page writes it. */
export const studyIdentifier = (uid: string): Identifier => ({
  system: 'urn:dicom:uid',
  value: `urn:oid:${uid}`,
});

/** HL7 v2 numbers have an issuer, FHIR wants a URI. */
function issuerSystem(issuer: string, kind: string): string {
  if (/^[0-2](\.\d+)+$/.test(issuer)) return `urn:oid:${issuer}`;
  return issuer === '' ? `${PHOTOPEAK}:${kind}` : `${PHOTOPEAK}:${kind}:${encodeURIComponent(issuer)}`;
}

export function patientIdentifier(id: string, issuer: string): Identifier {
  return {
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
    system: issuerSystem(issuer, 'patient'),
    value: id,
  };
}

export function orderIdentifier(type: 'ACSN' | 'PLAC' | 'FILL', value: string, issuer: string): Identifier {
  return {
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: type }] },
    system: issuerSystem(issuer, type === 'ACSN' ? 'accession' : type === 'PLAC' ? 'placer' : 'filler'),
    value,
  };
}

/** How resources point at each other: by id on this node, by `urn:uuid` inside a bundle. */
export type Link = (type: LinkedType, id: string) => string;
export type LinkedType =
  | 'Patient'
  | 'ImagingStudy'
  | 'DiagnosticReport'
  | 'Observation'
  | 'Task'
  | 'ServiceRequest'
  | 'AuditEvent';

/** Who a study is about, without making a patient at the receiver: a logical reference by identifier. */
export function patientReference(patient: { readonly id: string; readonly issuer: string }): Reference {
  if (patient.id === '') return { type: 'Patient', display: 'without identifier' };
  return { type: 'Patient', identifier: patientIdentifier(patient.id, patient.issuer) };
}

/** DICOM DA and TM as FHIR dateTime; a time needs a zone, which DICOM often lacks: then only the day is told. */
export function dicomDate(date: string): string | undefined {
  return /^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}` : undefined;
}

export const tag = (system: string, code: string) => ({ tag: [{ system, code }] });
