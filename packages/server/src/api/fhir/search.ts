import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { reportContent } from '../../delivery/messages/index.ts';
import {
  AUDIT_SYSTEM,
  auditEvent,
  imagingStudy,
  type Link,
  patientResource,
  reportResources,
  runTask,
  serviceRequest,
} from '../../fhir/index.ts';
import type { Found } from './bundle.ts';
import {
  patientOf,
  type ResourceType,
  ranges,
  type SearchParameters,
  studyOf,
  token,
  uidOf,
} from './parameters.ts';

/** References of what this node serves are relative to its base. */
const localLink: Link = (type, id) => `${type}/${id}`;

/** Observations are read from the reports of this many runs at most; older ones are found by study or patient. */
const MOST_RUNS = 200;

type Search = (db: Database, parameters: SearchParameters) => Promise<Found>;

/** Resources of a type that fit; `_id` alone is a read. */
export const searches: Readonly<Record<ResourceType, Search>> = {
  ImagingStudy: studies,
  Patient: patients,
  ServiceRequest: requests,
  DiagnosticReport: (db, parameters) => runs(db, 'DiagnosticReport', parameters),
  Task: (db, parameters) => runs(db, 'Task', parameters),
  Observation: observations,
  AuditEvent: auditEvents,
};

/** The id of a Patient here (fhir/imaging-study.ts, patientId), computed by the database. */
const patientHash = sql<string>`left(encode(sha256(convert_to(patient_issuer || '|' || patient_id, 'UTF8')), 'hex'), 32)`;

async function studies(db: Database, parameters: SearchParameters): Promise<Found> {
  const identifier = token(parameters.identifier);
  const uid = parameters._id ?? studyOf(parameters);
  const patient = patientOf(parameters);
  let query = db.selectFrom('study');
  if (uid !== undefined) query = query.where('study_instance_uid', '=', uidOf(uid));
  if (identifier !== undefined) {
    const { value } = identifier;
    query = query.where((eb) =>
      eb.or([eb('study_instance_uid', '=', uidOf(value)), eb('accession_number', '=', value)]),
    );
  }
  if (patient?.number !== undefined) query = query.where('patient_id', '=', patient.number);
  if (patient?.id !== undefined) query = query.where(patientHash, '=', patient.id);
  for (const { operator, at } of ranges(parameters)) query = query.where('changed_at', operator, at);
  const { total } = await query
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('changed_at', 'desc')
    .orderBy('study_instance_uid')
    .limit(parameters._count)
    .offset(parameters._offset)
    .execute();
  return { total, resources: await Promise.all(rows.map((row) => imagingStudy(db, row, localLink))) };
}

async function patients(db: Database, parameters: SearchParameters): Promise<Found> {
  const identifier = token(parameters.identifier);
  let query = db
    .selectFrom('study')
    .distinctOn(['patient_id', 'patient_issuer'])
    .selectAll()
    .where('patient_id', '!=', '');
  if (parameters._id !== undefined) query = query.where(patientHash, '=', parameters._id);
  if (identifier !== undefined) query = query.where('patient_id', '=', identifier.value);
  for (const { operator, at } of ranges(parameters)) query = query.where('changed_at', operator, at);
  const { total } = await db
    .selectFrom(query.as('found'))
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .orderBy('patient_id')
    .orderBy('patient_issuer')
    .orderBy('changed_at', 'desc')
    .limit(parameters._count)
    .offset(parameters._offset)
    .execute();
  return { total, resources: rows.map(patientResource) };
}

async function requests(db: Database, parameters: SearchParameters): Promise<Found> {
  const identifier = token(parameters.identifier);
  const patient = patientOf(parameters);
  const study = studyOf(parameters);
  let query = db.selectFrom('imaging_order');
  if (parameters._id !== undefined) query = query.where('id', '=', parameters._id);
  if (identifier !== undefined) {
    const { value } = identifier;
    query = query.where((eb) =>
      eb.or([
        eb('accession_number', '=', value),
        eb('placer_number', '=', value),
        eb('filler_number', '=', value),
      ]),
    );
  }
  if (patient?.number !== undefined) query = query.where('patient_id', '=', patient.number);
  if (patient?.id !== undefined) query = query.where(patientHash, '=', patient.id);
  if (study !== undefined) query = query.where('matched_study', '=', study);
  for (const { operator, at } of ranges(parameters)) query = query.where('changed_at', operator, at);
  const { total } = await query
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('changed_at', 'desc')
    .orderBy('id')
    .limit(parameters._count)
    .offset(parameters._offset)
    .execute();
  return { total, resources: rows.map(serviceRequest) };
}

/** Runs that fit, the newest first. A run has a Task from its start and a report when it has results. */
function runsThatFit(db: Database, parameters: SearchParameters, onlyWithResults: boolean) {
  const identifier = token(parameters.identifier);
  const patient = patientOf(parameters);
  const study = studyOf(parameters);
  const changed = sql<Date>`coalesce(ended_at, started_at, queued_at)`;
  let query = db.selectFrom('run').innerJoin('study', 'study.study_instance_uid', 'run.study_instance_uid');
  if (onlyWithResults) query = query.where('run.review', '!=', 'none');
  if (parameters._id !== undefined) query = query.where('run.id', '=', parameters._id);
  if (identifier !== undefined) {
    const { value } = identifier;
    query = query.where((eb) => eb.or([eb('run.id', '=', value), eb('study.accession_number', '=', value)]));
  }
  if (study !== undefined) query = query.where('study.study_instance_uid', '=', study);
  if (patient?.number !== undefined) query = query.where('study.patient_id', '=', patient.number);
  if (patient?.id !== undefined) query = query.where(patientHash, '=', patient.id);
  for (const { operator, at } of ranges(parameters)) query = query.where(changed, operator, at);
  return {
    query: query.select('run.id').orderBy(changed, 'desc').orderBy('run.id'),
    count: query.select((eb) => eb.fn.countAll<number>().as('total')),
  };
}

async function runs(
  db: Database,
  type: 'DiagnosticReport' | 'Task',
  parameters: SearchParameters,
): Promise<Found> {
  const { query, count } = runsThatFit(db, parameters, type === 'DiagnosticReport');
  const { total } = await count.executeTakeFirstOrThrow();
  const rows = await query.limit(parameters._count).offset(parameters._offset).execute();
  const contents = await Promise.all(rows.map(({ id }) => reportContent(db, id)));
  return {
    total,
    resources: contents.flatMap((content) => {
      if (content === undefined) return [];
      return [type === 'Task' ? runTask(content, localLink) : reportResources(content, localLink).report];
    }),
  };
}

async function observations(db: Database, parameters: SearchParameters): Promise<Found> {
  // Ids and identifiers of observations begin with the run (fhir/report.ts, observationId).
  const wanted = parameters._id ?? token(parameters.identifier)?.value;
  const { _id: _, identifier: __, ...rest } = parameters;
  const run = wanted === undefined ? {} : { _id: wanted.split('.')[0] ?? '' };
  const rows = await runsThatFit(db, { ...rest, ...run }, true)
    .query.limit(MOST_RUNS)
    .execute();
  const contents = await Promise.all(rows.map(({ id }) => reportContent(db, id)));
  const all = contents
    .flatMap((content) => (content === undefined ? [] : reportResources(content, localLink).observations))
    .filter((observation) => wanted === undefined || observation.id === wanted);
  const { _offset, _count } = parameters;
  return { total: all.length, resources: all.slice(_offset, _offset + _count) };
}

async function auditEvents(db: Database, parameters: SearchParameters): Promise<Found> {
  const identifier = token(parameters.identifier);
  const study = studyOf(parameters);
  const sequence = parameters._id ?? (identifier?.system === AUDIT_SYSTEM ? identifier.value : undefined);
  let query = db.selectFrom('audit');
  if (sequence !== undefined)
    query = query.where('sequence', '=', /^\d{1,15}$/.test(sequence) ? Number(sequence) : -1);
  if (study !== undefined)
    query = query.where('entry', 'like', `%"subject":"study:${study.replaceAll(/[^0-9.]/g, '')}"%`);
  for (const { operator, at } of ranges(parameters)) {
    query = query.where(sql<boolean>`(entry::json ->> 'at')::timestamptz ${sql.raw(operator)} ${at}`);
  }
  const { total } = await query
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await query
    .select(['sequence', 'entry'])
    .orderBy('sequence', 'desc')
    .limit(parameters._count)
    .offset(parameters._offset)
    .execute();
  return { total, resources: rows.map(auditEvent) };
}
