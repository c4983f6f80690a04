import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { OwedMessages } from '../../api/contract.ts';
import type { Configuration } from '../../config/index.ts';
import { announce, type Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';
import { pauseAfter } from '../outbox.ts';
import type { MessageSender } from './sender.ts';

export interface OwedMessage {
  readonly destination: string;
  /** What it says, once per destination. */
  readonly subject: string;
  readonly kind: 'hl7' | 'fhir';
  readonly studyInstanceUid: string;
  readonly runId: string | null;
  readonly content: string;
}

/** Owes a message, in the transaction that decided it. What is owed already stays as it is. */
export async function oweMessage(transaction: Database, message: OwedMessage): Promise<void> {
  await transaction
    .insertInto('message_outbox')
    .values({
      destination: message.destination,
      subject: message.subject,
      kind: message.kind,
      study_instance_uid: message.studyInstanceUid,
      run_id: message.runId,
      content: message.content,
      last_error: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** MSH-10 of a message: the same for every attempt, so that the receiver knows a repeat. */
export function controlIdOf(destination: string, subject: string): string {
  return createHash('sha256').update(`${destination} ${subject}`).digest('hex').slice(0, 20).toUpperCase();
}

/**
 * Sends the oldest message that is owed to one destination. The order is kept: while it cannot be delivered the next
 * ones wait; one that is refused for good is set aside and shown. A lock keeps other nodes off this destination, and
 * goes with the connection if the process dies; the message is then sent again.
 * @returns 1 when a message was sent or set aside, 0 when nothing is due.
 */
export async function sendNextMessage(
  context: { readonly db: Database; readonly pauses: Configuration['delivery'] },
  destination: { readonly name: string; readonly sender: MessageSender },
  signal: AbortSignal,
): Promise<number> {
  const { db, pauses } = context;
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ held: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(${`message ${destination.name}`}, 0)) as held`.execute(
      transaction,
    );
    if (rows[0]?.held !== true) return 0;
    const row = await transaction
      .selectFrom('message_outbox')
      .selectAll()
      .where('destination', '=', destination.name)
      .where('state', '=', 'waiting')
      .orderBy('id')
      .limit(1)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || row.next_attempt_at > new Date()) return 0;
    const outcome = await destination.sender.send(row.content, signal);
    const attempts = row.attempts + 1;
    const isFinal = outcome.result === 'refused' && !outcome.isTransient ? true : attempts >= pauses.attempts;
    const isDone = outcome.result === 'acknowledged';
    const state = isDone ? 'acknowledged' : isFinal ? 'failed' : 'waiting';
    await transaction
      .updateTable('message_outbox')
      .set({
        state,
        attempts,
        last_error: isDone ? null : outcome.text.slice(0, 500),
        next_attempt_at: new Date(Date.now() + pauseAfter(attempts, pauses) * 1000),
        acknowledged_at: isDone ? new Date() : null,
      })
      .where('id', '=', row.id)
      .execute();
    await announce(transaction, {
      kind: 'delivery',
      runId: row.run_id,
      studyInstanceUid: row.study_instance_uid,
      destination: destination.name,
      state,
    });
    if (state !== 'waiting') {
      await appendAudit(transaction, [
        {
          kind: isDone ? 'message-sent' : 'message-failed',
          actor: 'node',
          subject: `study:${row.study_instance_uid}`,
          detail: { destination: destination.name, message: row.id, about: row.subject },
        },
      ]);
    }
    return state === 'waiting' ? 0 : 1;
  });
}

/** Everything for a destination becomes due now, also what was set aside. */
export async function retryMessages(db: Database, destination: string): Promise<void> {
  await db
    .updateTable('message_outbox')
    .set({ state: 'waiting', next_attempt_at: new Date() })
    .where('destination', '=', destination)
    .where('state', 'in', ['waiting', 'failed'])
    .execute();
}

const MOST_LISTED = 500;

/** What is owed and what became of it, without content. */
export async function listMessages(db: Database): Promise<OwedMessages['messages']> {
  const rows = await db
    .selectFrom('message_outbox')
    .select([
      'id',
      'destination',
      'kind',
      'subject',
      'study_instance_uid',
      'state',
      'attempts',
      'last_error',
      'created_at',
      'acknowledged_at',
    ])
    .orderBy('id', 'desc')
    .limit(MOST_LISTED)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    destination: row.destination,
    kind: row.kind,
    subject: row.subject,
    studyInstanceUid: row.study_instance_uid,
    state: row.state,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
  }));
}
