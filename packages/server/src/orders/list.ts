import type { Selectable } from 'kysely';
import type { ExpectedStudies, OrderEntry, StudyContext } from '../api/contract.ts';
import type { Database, ImagingOrderTable } from '../database/index.ts';
import { resolvePatient } from '../patients/index.ts';

const MOST_ORDERS = 500;
const MOST_REPORTS = 50;
/** An order this long overdue is not expected any more; it stays known and still matches. */
const OVERDUE_DAYS = 7;

/** Ordered, not cancelled, and no study here yet; the next first. */
export async function expectedStudies(db: Database): Promise<ExpectedStudies> {
  const oldest = new Date(Date.now() - OVERDUE_DAYS * 86_400_000);
  const rows = await db
    .selectFrom('imaging_order')
    .selectAll()
    .where('matched_study', 'is', null)
    .where('state', 'in', ['scheduled', 'in-progress'])
    .where((eb) =>
      eb.or([
        eb('scheduled_at', '>', oldest),
        eb.and([eb('scheduled_at', 'is', null), eb('created_at', '>', oldest)]),
      ]),
    )
    .orderBy('scheduled_at')
    .orderBy('created_at')
    .limit(MOST_ORDERS)
    .execute();
  return { orders: await Promise.all(rows.map((row) => entryOf(db, row))) };
}

/** Orders of a study and the reports of others about its patient; undefined where there is no such study. */
export async function studyContext(db: Database, uid: string): Promise<StudyContext | undefined> {
  const study = await db
    .selectFrom('study')
    .select(['patient_id', 'patient_issuer', 'accession_number'])
    .where('study_instance_uid', '=', uid)
    .executeTakeFirst();
  if (study === undefined) return undefined;
  const orders = await db
    .selectFrom('imaging_order')
    .selectAll()
    .where('matched_study', '=', uid)
    .orderBy('scheduled_at')
    .orderBy('created_at')
    .execute();
  const reports = await db
    .selectFrom('prior_report')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('study_instance_uid', '=', uid),
        ...(study.accession_number === '' ? [] : [eb('accession_number', '=', study.accession_number)]),
        ...(study.patient_id === ''
          ? []
          : [
              eb.and([
                eb('patient_id', '=', study.patient_id),
                ...(study.patient_issuer === ''
                  ? []
                  : [eb('patient_issuer', 'in', [study.patient_issuer, ''])]),
              ]),
            ]),
      ]),
    )
    .orderBy('observed_at', (order) => order.desc().nullsLast())
    .orderBy('id', 'desc')
    .limit(MOST_REPORTS)
    .execute();
  return {
    orders: await Promise.all(orders.map((row) => entryOf(db, row))),
    reports: reports.map((row) => ({
      id: String(row.id),
      title: row.title,
      status: row.status,
      text: row.text,
      attachments: row.attachments,
      isOfThisStudy:
        row.study_instance_uid === uid ||
        (row.accession_number !== '' && row.accession_number === study.accession_number),
      observedAt: row.observed_at?.toISOString() ?? null,
    })),
  };
}

/** An order under the patient that is shown today: merges may have come after it. */
async function entryOf(db: Database, row: Selectable<ImagingOrderTable>): Promise<OrderEntry> {
  const shown = await resolvePatient(db, { id: row.patient_id, issuer: row.patient_issuer });
  return {
    id: row.id,
    patientName: shown?.name || row.patient_name,
    patientId: shown?.patient_id ?? row.patient_id,
    birthDate: shown?.birth_date || row.birth_date,
    sex: shown?.sex || row.sex,
    accessionNumber: row.accession_number,
    requestedProcedureId: row.requested_procedure_id,
    modality: row.modality,
    description: row.description,
    procedureCode: row.procedure_code,
    reason: row.reason,
    clinicalInformation: row.clinical_information,
    priority: row.priority,
    scheduledAt: row.scheduled_at?.toISOString() ?? null,
    state: row.state,
    studyInstanceUid: row.matched_study ?? (row.study_instance_uid === '' ? null : row.study_instance_uid),
    suggestions: row.suggestions,
  };
}
