import { readFileHeader } from '@photopeak/dicom';
import { sql } from 'kysely';
import type { Archive } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { applyMerges, short } from '../patients/index.ts';
import { matchOrders } from './match.ts';

export interface ReconcileContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly matchHours: number;
}

/**
 * Brings one study together with what the hospital's systems told: who gave out its patient's number, merges, orders.
 * Done when the study is new, when an order or a merge touches it, and before routes are decided.
 */
export async function reconcileStudy(
  transaction: Database,
  context: Pick<ReconcileContext, 'archive' | 'matchHours'>,
  studyInstanceUid: string,
): Promise<void> {
  const { matchHours } = context;
  let study = await readStudy(transaction, studyInstanceUid);
  if (study === undefined) return;
  if (study.patient_issuer === '') {
    const issuer = await issuerOf(transaction, context.archive, studyInstanceUid);
    if (issuer !== '') {
      await transaction
        .updateTable('study')
        .set({ patient_issuer: issuer })
        .where('study_instance_uid', '=', studyInstanceUid)
        .execute();
      study = { ...study, patient_issuer: issuer };
    }
  }
  const merges = await applyMerges(transaction, study);
  if (merges.length > 0) study = (await readStudy(transaction, studyInstanceUid)) ?? study;
  const events = [...merges, ...(await matchOrders(transaction, study, matchHours))];
  await transaction
    .updateTable('study')
    .set({ is_reconciled: true })
    .where('study_instance_uid', '=', studyInstanceUid)
    .execute();
  await appendAudit(transaction, events);
}

/** One study that is due, from the newest. @returns 1 when there was one. */
export async function reconcileNext(context: ReconcileContext): Promise<number> {
  return context.db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('study')
      .select('study_instance_uid')
      .where('is_reconciled', '=', false)
      .orderBy('received_at', 'desc')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (row === undefined) return 0;
    await reconcileStudy(transaction, context, row.study_instance_uid);
    return 1;
  });
}

async function readStudy(transaction: Database, uid: string) {
  const row = await transaction
    .selectFrom('study')
    .select([
      'study_instance_uid',
      'patient_id',
      'patient_issuer',
      'patient_name',
      'birth_date',
      'sex',
      'accession_number',
      'study_date',
      'study_time',
    ])
    .select((eb) =>
      eb
        .selectFrom('series')
        .select(sql<string[]>`coalesce(array_agg(distinct modality), '{}')`.as('list'))
        .whereRef('series.study_instance_uid', '=', 'study.study_instance_uid')
        .as('modalities'),
    )
    .where('study_instance_uid', '=', uid)
    .executeTakeFirst();
  return row === undefined ? undefined : { ...row, modalities: row.modalities ?? [] };
}

/** Issuer of Patient ID (0010,0021) of an instance of the study. */
async function issuerOf(transaction: Database, archive: Archive, uid: string): Promise<string> {
  const instance = await transaction
    .selectFrom('instance')
    .select('sha256')
    .where('study_instance_uid', '=', uid)
    .orderBy('received_at')
    .executeTakeFirst();
  if (instance === undefined) return '';
  const { dataset } = readFileHeader(archive.instances.pathOf(instance.sha256));
  return short(dataset.text('IssuerOfPatientID') ?? '');
}
