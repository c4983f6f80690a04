import { createHash } from 'node:crypto';
import type { ImagingStudy, ImagingStudySeries, Patient, Reference, ServiceRequest } from 'fhir/r4.js';
import type { Selectable } from 'kysely';
import type { Database, ImagingOrderTable, StudyTable } from '../database/index.ts';
import {
  concept,
  dicomDate,
  type Link,
  orderIdentifier,
  patientIdentifier,
  patientReference,
  studyIdentifier,
} from './terms.ts';

const DICOM_CLASSES = 'urn:ietf:rfc:3986';
const MODALITIES = 'http://dicom.nema.org/resources/ontology/DCM';
/** Instances are found by DICOMweb; a resource lists so many of a series at most. */
const MOST_INSTANCES = 2_000;

type StudyRow = Selectable<StudyTable>;

/** ImagingStudy of one study of the index, with its series and instances. */
export async function imagingStudy(db: Database, row: StudyRow, link?: Link): Promise<ImagingStudy> {
  const uid = row.study_instance_uid;
  const series = await db
    .selectFrom('series')
    .selectAll()
    .where('study_instance_uid', '=', uid)
    .orderBy('series_number')
    .orderBy('series_instance_uid')
    .execute();
  const instances = await db
    .selectFrom('instance')
    .select(['series_instance_uid', 'sop_instance_uid', 'sop_class_uid', 'instance_number'])
    .where('study_instance_uid', '=', uid)
    .orderBy('instance_number')
    .orderBy('sop_instance_uid')
    .execute();
  const bySeries = Map.groupBy(instances, (instance) => instance.series_instance_uid);
  const order = await db
    .selectFrom('imaging_order')
    .select(['id', 'reason'])
    .where('matched_study', '=', uid)
    .orderBy('created_at')
    .executeTakeFirst();
  const modalities = [...new Set(series.map((entry) => entry.modality))].filter((code) => code !== '').sort();
  const started = dicomDate(row.study_date);
  return {
    resourceType: 'ImagingStudy',
    id: uid,
    meta: { lastUpdated: row.changed_at.toISOString() },
    identifier: [
      studyIdentifier(uid),
      ...(row.accession_number === '' ? [] : [orderIdentifier('ACSN', row.accession_number, '')]),
    ],
    status: 'available',
    ...(modalities.length === 0
      ? {}
      : { modality: modalities.map((code) => ({ system: MODALITIES, code })) }),
    subject: subjectOf(row, link),
    ...(started === undefined ? {} : { started }),
    ...(link === undefined || order === undefined
      ? {}
      : { basedOn: [{ reference: link('ServiceRequest', order.id) }] }),
    ...(order === undefined || order.reason === '' ? {} : { reasonCode: [{ text: order.reason }] }),
    numberOfSeries: series.length,
    numberOfInstances: instances.length,
    ...(row.description === '' ? {} : { description: row.description }),
    ...(series.length === 0
      ? {}
      : {
          series: series.map(
            (entry): ImagingStudySeries => ({
              uid: entry.series_instance_uid,
              ...(entry.series_number === null || entry.series_number < 0
                ? {}
                : { number: entry.series_number }),
              modality: { system: MODALITIES, code: entry.modality || 'OT' },
              ...(entry.description === '' ? {} : { description: entry.description }),
              numberOfInstances: bySeries.get(entry.series_instance_uid)?.length ?? 0,
              ...(entry.body_part === '' ? {} : { bodySite: { display: entry.body_part } }),
              instance: (bySeries.get(entry.series_instance_uid) ?? [])
                .slice(0, MOST_INSTANCES)
                .map((instance) => ({
                  uid: instance.sop_instance_uid,
                  sopClass: { system: DICOM_CLASSES, code: `urn:oid:${instance.sop_class_uid}` },
                  ...(instance.instance_number === null || instance.instance_number < 0
                    ? {}
                    : { number: instance.instance_number }),
                })),
            }),
          ),
        }),
  };
}

/** The patient of a study: its resource on this node where there is one, else by identifier. */
export function subjectOf(row: Pick<StudyRow, 'patient_id' | 'patient_issuer'>, link?: Link): Reference {
  const key = { id: row.patient_id, issuer: row.patient_issuer };
  const logical = patientReference(key);
  if (link === undefined || key.id === '') return logical;
  return { ...logical, reference: link('Patient', patientId(key)) };
}

/** FHIR ids may not hold everything that a number may; the hash keeps numbers out of addresses and logs as well. */
export function patientId({ id, issuer }: { readonly id: string; readonly issuer: string }): string {
  return createHash('sha256').update(`${issuer}|${id}`).digest('hex').slice(0, 32);
}

export function patientResource(row: StudyRow): Patient {
  const birth = dicomDate(row.birth_date);
  const gender = ({ M: 'male', F: 'female', O: 'other' } as const)[row.sex];
  const [family = '', given = '', middle = ''] = (row.patient_name.split('=')[0] ?? '').split('^');
  const givens = [given, middle].filter((part) => part !== '');
  return {
    resourceType: 'Patient',
    id: patientId({ id: row.patient_id, issuer: row.patient_issuer }),
    meta: { lastUpdated: row.changed_at.toISOString() },
    identifier: [patientIdentifier(row.patient_id, row.patient_issuer)],
    ...(family === '' && givens.length === 0
      ? {}
      : {
          name: [{ ...(family === '' ? {} : { family }), ...(givens.length === 0 ? {} : { given: givens }) }],
        }),
    ...(gender === undefined ? {} : { gender }),
    ...(birth === undefined ? {} : { birthDate: birth }),
  };
}

const REQUEST_STATUS = {
  scheduled: 'active',
  'in-progress': 'active',
  completed: 'completed',
  cancelled: 'revoked',
  discontinued: 'revoked',
} as const;
export const PRIORITY = { routine: 'routine', high: 'urgent', urgent: 'stat' } as const;

/** ServiceRequest of an order that this node knows. */
export function serviceRequest(row: Selectable<ImagingOrderTable>): ServiceRequest {
  const identifier = [
    ...(row.accession_number === ''
      ? []
      : [orderIdentifier('ACSN', row.accession_number, row.accession_issuer)]),
    ...(row.placer_number === '' ? [] : [orderIdentifier('PLAC', row.placer_number, row.placer_issuer)]),
    ...(row.filler_number === '' ? [] : [orderIdentifier('FILL', row.filler_number, row.filler_issuer)]),
  ];
  return {
    resourceType: 'ServiceRequest',
    id: row.id,
    meta: { lastUpdated: row.changed_at.toISOString() },
    identifier,
    status: REQUEST_STATUS[row.state],
    intent: 'order',
    category: [{ coding: [{ system: 'http://snomed.info/sct', code: '363679005', display: 'Imaging' }] }],
    priority: PRIORITY[row.priority],
    code: row.procedure_code === null ? { text: row.description || 'Imaging' } : concept(row.procedure_code),
    subject: patientReference({ id: row.patient_id, issuer: row.patient_issuer }),
    ...(row.scheduled_at === null ? {} : { occurrenceDateTime: row.scheduled_at.toISOString() }),
    ...(row.reason === '' ? {} : { reasonCode: [{ text: row.reason }] }),
  };
}
