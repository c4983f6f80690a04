import type { CommitmentResult } from '@photopeak/dimse';
import { sql } from 'kysely';
import type { CommitmentSettings, Configuration } from '../../config/index.ts';
import { announce, type Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';
import { statusCode } from '../failure-status.ts';
import { finishDelivered, settledBy } from '../finish-delivered.ts';
import { pauseAfter } from '../outbox.ts';

/** What the reasons of PS3.3 C.14.1.1 say. */
const REASONS: Readonly<Record<number, string>> = {
  272: 'processing failure',
  274: 'no such object instance',
  281: 'another SOP class than it has there',
  290: 'the SOP class is not supported',
  305: 'the transaction UID was used before',
  531: 'no resources',
};

const reasonText = (reason: number) => `${statusCode(reason)} ${REASONS[reason] ?? 'not committed'}`;

/**
 * Takes the report of a destination over: what it committed to is delivered; what it did not is sent again, or given
 * up after so many times. What a report does not speak of still waits, and instances that nobody asked about are
 * ignored. A report that comes again changes nothing.
 * @returns false where no such request was made.
 */
export async function takeReport(
  db: Database,
  options: {
    readonly destination: string;
    readonly transactionUid: string;
    readonly settings: Pick<CommitmentSettings, 'resends'>;
    readonly pauses: Configuration['delivery'];
  },
  report: CommitmentResult,
): Promise<boolean> {
  const { destination, transactionUid, settings, pauses } = options;
  return db.transaction().execute(async (transaction) => {
    const request = await transaction
      .selectFrom('commitment_asked')
      .select(['study_instance_uid', 'instances', 'state'])
      .where('transaction_uid', '=', transactionUid)
      .where('destination', '=', destination)
      .forUpdate()
      .executeTakeFirst();
    if (request === undefined) return false;
    if (request.state === 'answered') return true;
    const asked = new Set(request.instances.map(({ sopInstanceUid }) => sopInstanceUid));
    const committed = report.committed.flatMap(({ sopInstanceUid }) =>
      asked.has(sopInstanceUid) ? [sopInstanceUid] : [],
    );
    const failed = report.failed.filter(({ sopInstanceUid }) => asked.has(sopInstanceUid));
    const kept = await keepCommitted(transaction, destination, committed);
    const again = [];
    for (const { sopInstanceUid, reason } of failed) {
      const row = await transaction
        .selectFrom('outbox')
        .select(['id', 'resends', 'attempts'])
        .where('transaction_uid', '=', transactionUid)
        .where('sent_sop_instance_uid', '=', sopInstanceUid)
        .where('state', '=', 'stored')
        .executeTakeFirst();
      if (row === undefined) continue;
      const isLast = row.resends >= settings.resends;
      again.push({ sopInstanceUid, isLast });
      await transaction
        .updateTable('outbox')
        .set({
          state: isLast ? 'failed' : 'waiting',
          transaction_uid: null,
          asks: 0,
          resends: row.resends + 1,
          last_error: `COMMITMENT_FAILED: ${reasonText(reason)}`,
          next_attempt_at: sql<Date>`now() + make_interval(secs => ${pauseAfter(row.resends + 1, pauses)})`,
        })
        .where('id', '=', row.id)
        .execute();
    }
    await transaction
      .updateTable('commitment_asked')
      .set({
        ...(committed.length + failed.length >= asked.size ? { state: 'answered' as const } : {}),
        failed: JSON.stringify(failed.map(({ sopInstanceUid, reason }) => ({ sopInstanceUid, reason }))),
        answered_at: sql<Date>`now()`,
      })
      .where('transaction_uid', '=', transactionUid)
      .execute();
    await finishDelivered(transaction, settledBy(kept));
    const study = request.study_instance_uid;
    const state =
      failed.length === 0 ? 'acknowledged' : again.some(({ isLast }) => isLast) ? 'failed' : 'waiting';
    const runId = kept[0]?.run_id ?? null;
    await announce(transaction, { kind: 'delivery', runId, studyInstanceUid: study, destination, state });
    await appendAudit(transaction, [
      {
        kind: 'storage-commitment',
        actor: `destination:${destination}`,
        subject: `study:${study}`,
        detail: { transaction: transactionUid, committed, failed: failed.map((item) => item.sopInstanceUid) },
      },
    ]);
    return true;
  });
}

/** Also what was given up meanwhile: the destination has it. */
async function keepCommitted(transaction: Database, destination: string, committed: readonly string[]) {
  if (committed.length === 0) return [];
  return transaction
    .updateTable('outbox')
    .set({
      state: 'acknowledged',
      transaction_uid: null,
      last_error: null,
      acknowledgement: 'committed to storage',
    })
    .where('destination', '=', destination)
    .where('sent_sop_instance_uid', 'in', [...committed])
    .where('state', 'in', ['stored', 'failed'])
    .returning(['run_id', 'sop_instance_uid'])
    .execute();
}
