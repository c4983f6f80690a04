import type { CommitmentRequest, CommitmentResult } from '@photopeak/dimse';
import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';

/** A source that releases before its report could come on its association is reported to by the loop after this. */
const GRACE_SECONDS = 60;

/**
 * Writes a request down before it is acknowledged. The same request again is due again.
 * @returns false where its transaction UID is in use for something else.
 */
export async function keepRequest(
  db: Database,
  { transactionUid, instances }: CommitmentRequest,
  from: {
    readonly askedBy: string;
    readonly way: 'dimse' | 'dicomweb';
    /** Reported by the loop at once, instead of by the association that asked. */
    readonly isForLoop: boolean;
  },
): Promise<boolean> {
  const row = {
    transaction_uid: transactionUid,
    asked_by: from.askedBy,
    way: from.way,
    instances: JSON.stringify(
      instances.map(({ sopClassUid, sopInstanceUid }) => ({ sopClassUid, sopInstanceUid })),
    ),
    state: 'due' as const,
    attempts: 0,
    next_attempt_at: sql<Date>`now() + make_interval(secs => ${from.isForLoop ? 0 : GRACE_SECONDS})`,
    last_error: null,
  };
  const { transaction_uid: _, ...again } = row;
  const kept = await db
    .insertInto('commitment_given')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('transaction_uid')
        .doUpdateSet(again)
        .whereRef('commitment_given.asked_by', '=', 'excluded.asked_by')
        .whereRef('commitment_given.instances', '=', 'excluded.instances'),
    )
    .returning('transaction_uid')
    .executeTakeFirst();
  return kept !== undefined;
}

/** The asker has the result. */
export async function requestReported(
  db: Database,
  { transactionUid, committed, failed }: CommitmentResult & { readonly transactionUid: string },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('commitment_given')
      .set({
        state: 'reported',
        failed: JSON.stringify(failed.map(({ sopInstanceUid, reason }) => ({ sopInstanceUid, reason }))),
        last_error: null,
        reported_at: sql<Date>`now()`,
      })
      .where('transaction_uid', '=', transactionUid)
      .returning('asked_by')
      .executeTakeFirst();
    if (row === undefined) return;
    await appendAudit(transaction, [
      {
        kind: 'storage-commitment',
        actor: 'node',
        subject: `transaction:${transactionUid}`,
        detail: {
          to: row.asked_by,
          committed: committed.length,
          failed: failed.map((item) => item.sopInstanceUid),
        },
      },
    ]);
  });
}

/** The result that was given to an asker; undefined where it has none of this transaction. */
export async function findReported(
  db: Database,
  transactionUid: string,
  askedBy: string,
): Promise<CommitmentResult | undefined> {
  const row = await db
    .selectFrom('commitment_given')
    .select(['instances', 'failed'])
    .where('transaction_uid', '=', transactionUid)
    .where('asked_by', '=', askedBy)
    .where('state', '=', 'reported')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const reasons = new Map(row.failed.map(({ sopInstanceUid, reason }) => [sopInstanceUid, reason]));
  return {
    committed: row.instances.filter(({ sopInstanceUid }) => !reasons.has(sopInstanceUid)),
    failed: row.instances.flatMap((instance) => {
      const reason = reasons.get(instance.sopInstanceUid);
      return reason === undefined ? [] : [{ ...instance, reason }];
    }),
  };
}
