import type { CommitmentRequest } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import type { CommitmentSettings, Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { finishDelivered, settledBy } from '../finish-delivered.ts';
import { pauseAfter } from '../outbox.ts';
import type { Committer } from './committer.ts';
import { takeReport } from './take-report.ts';

/** Instances of one request: a message of some 60 KB. */
const MOST = 500;
/** Instances of a study that are being sent are waited for, but not for longer. */
const GATHER_SECONDS = 10;
/** A process that dies while it asks leaves its request behind; then it is asked again. */
const ASKING_SECONDS = 120;
const LONGEST_TEXT = 1_000;

export interface CommitFor {
  readonly destination: string;
  readonly settings: CommitmentSettings;
  readonly committer: Committer;
}

export interface CommitmentContext {
  readonly db: Database;
  readonly pauses: Configuration['delivery'];
  newTransactionUid(): string;
}

/**
 * Does what is due of the storage commitment of one destination: gives up waiting for what is overdue, looks for
 * results where the destination does not report by itself, and asks for what is stored, one study at a time.
 * @returns how many requests were handled; 0 means that nothing is due.
 */
export async function askForCommitment(
  context: CommitmentContext,
  to: CommitFor,
  signal: AbortSignal,
): Promise<number> {
  const overdue = await endOverdue(context, to);
  const checked = to.committer.check === undefined ? 0 : await checkNext(context, to, signal);
  const request = await nextRequest(context, to);
  if (request === undefined) return overdue + checked;
  try {
    const result = await to.committer.request(request, signal);
    await taken(context, to, request.transactionUid);
    if (result !== undefined)
      await takeReport(context.db, reportOf(context, to, request.transactionUid), result);
  } catch (error) {
    await refused(context, request.transactionUid, error);
  }
  return overdue + checked + 1;
}

const reportOf = ({ pauses }: CommitmentContext, to: CommitFor, transactionUid: string) => ({
  destination: to.destination,
  settings: to.settings,
  pauses,
  transactionUid,
});

/** What is stored of the oldest study that nothing is being sent of. Written down before it is asked. */
async function nextRequest(
  { db, newTransactionUid }: CommitmentContext,
  { destination, settings }: CommitFor,
): Promise<CommitmentRequest | undefined> {
  return db.transaction().execute(async (transaction) => {
    const isQuiet = sql<boolean>`(acknowledged_at < now() - make_interval(secs => ${GATHER_SECONDS}) or not exists (
      select from outbox as other where other.destination = outbox.destination
        and other.study_instance_uid = outbox.study_instance_uid and other.state = 'sending'))`;
    const stored = transaction
      .selectFrom('outbox')
      .select(['id', 'study_instance_uid', 'sent_sop_class_uid', 'sent_sop_instance_uid'])
      .where('destination', '=', destination)
      .where('state', '=', 'stored')
      .where('transaction_uid', 'is', null)
      .where('next_attempt_at', '<=', sql<Date>`now()`)
      .orderBy('id')
      .forUpdate()
      .skipLocked();
    const first = await stored.where(isQuiet).limit(1).executeTakeFirst();
    if (first === undefined) return undefined;
    const study = first.study_instance_uid;
    const rows = await stored.where('study_instance_uid', '=', study).limit(MOST).execute();
    const transactionUid = newTransactionUid();
    const instances = rows.map((row) => ({
      sopClassUid: row.sent_sop_class_uid ?? '',
      sopInstanceUid: row.sent_sop_instance_uid ?? '',
    }));
    const hold = 'holdSeconds' in settings ? settings.holdSeconds : 0;
    await transaction
      .insertInto('commitment_asked')
      .values({
        transaction_uid: transactionUid,
        destination,
        study_instance_uid: study,
        instances: JSON.stringify(instances),
        state: 'asking',
        text: null,
        due_at: sql<Date>`now() + make_interval(secs => ${ASKING_SECONDS + hold})`,
      })
      .execute();
    await transaction
      .updateTable('outbox')
      .set({ transaction_uid: transactionUid })
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute();
    return { transactionUid, instances };
  });
}

async function taken(
  { db }: CommitmentContext,
  { settings }: CommitFor,
  transactionUid: string,
): Promise<void> {
  const check = 'checkSeconds' in settings ? settings.checkSeconds : undefined;
  await db
    .updateTable('commitment_asked')
    .set({
      state: 'asked',
      due_at: sql<Date>`now() + make_interval(secs => ${settings.answerMinutes * 60})`,
      ...(check === undefined ? {} : { check_at: sql<Date>`now() + make_interval(secs => ${check})` }),
    })
    .where('transaction_uid', '=', transactionUid)
    .where('state', '=', 'asking')
    .execute();
}

/** Not taken, or not reached: asked again under another transaction, as often as a delivery is tried. */
async function refused(
  { db, pauses }: CommitmentContext,
  transactionUid: string,
  error: unknown,
): Promise<void> {
  const text = textOf(error).slice(0, LONGEST_TEXT);
  await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('commitment_asked')
      .set({ state: 'refused', text })
      .where('transaction_uid', '=', transactionUid)
      .where('state', '=', 'asking')
      .returning('transaction_uid')
      .executeTakeFirst();
    if (row === undefined) return;
    const rows = await transaction
      .selectFrom('outbox')
      .select(['id', 'attempts'])
      .where('transaction_uid', '=', transactionUid)
      .execute();
    for (const { id, attempts } of rows) {
      await transaction
        .updateTable('outbox')
        .set({
          state: attempts >= pauses.attempts ? 'failed' : 'stored',
          transaction_uid: null,
          attempts: attempts + 1,
          last_error: text,
          next_attempt_at: sql<Date>`now() + make_interval(secs => ${pauseAfter(attempts, pauses)})`,
        })
        .where('id', '=', id)
        .execute();
    }
  });
}

function textOf(error: unknown): string {
  if (error instanceof PhotopeakError) return error.describe();
  if (!(error instanceof Error)) return String(error);
  const describe = (error as { describe?: () => string }).describe?.();
  return `COMMITMENT_NOT_ASKED: ${describe ?? error.message}`;
}

async function endOverdue({ db }: CommitmentContext, { destination, settings }: CommitFor): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const ended = await transaction
      .updateTable('commitment_asked')
      .set({ state: 'unanswered' })
      .where('destination', '=', destination)
      .where('state', 'in', ['asking', 'asked'])
      .where('due_at', '<=', sql<Date>`now()`)
      .returning('transaction_uid')
      .execute();
    if (ended.length === 0) return 0;
    await transaction
      .updateTable('outbox')
      .set((eb) => ({
        transaction_uid: null,
        asks: eb('asks', '+', 1),
        state: sql<
          'stored' | 'failed'
        >`case when asks + 1 >= ${settings.asks} then 'failed' else 'stored' end`,
        last_error: sql<string>`'COMMITMENT_UNANSWERED: no report of storage commitment came, asked ' || (asks + 1) || ' times'`,
      }))
      .where('state', '=', 'stored')
      .where(
        'transaction_uid',
        'in',
        ended.map((row) => row.transaction_uid),
      )
      .execute();
    return ended.length;
  });
}

async function checkNext(context: CommitmentContext, to: CommitFor, signal: AbortSignal): Promise<number> {
  const { settings, destination, committer } = to;
  const seconds = 'checkSeconds' in settings ? settings.checkSeconds : 0;
  const due = await context.db
    .updateTable('commitment_asked')
    .set({ check_at: sql<Date>`now() + make_interval(secs => ${seconds})` })
    .where('transaction_uid', 'in', (eb) =>
      eb
        .selectFrom('commitment_asked')
        .select('transaction_uid')
        .where('destination', '=', destination)
        .where('state', '=', 'asked')
        .where('check_at', '<=', sql<Date>`now()`)
        .orderBy('check_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning('transaction_uid')
    .executeTakeFirst();
  if (due === undefined) return 0;
  const result = await committer.check!(due.transaction_uid, signal);
  if (result !== undefined) await takeReport(context.db, reportOf(context, to, due.transaction_uid), result);
  return 1;
}

/** A destination is not asked for commitment any more: what it has stored is delivered. */
export async function settleWithoutCommitment(db: Database, destination: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .updateTable('outbox')
      .set({ state: 'acknowledged', transaction_uid: null })
      .where('destination', '=', destination)
      .where('state', '=', 'stored')
      .returning(['run_id', 'sop_instance_uid'])
      .execute();
    await finishDelivered(transaction, settledBy(rows));
  });
}
