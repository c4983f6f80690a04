import { sql } from 'kysely';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { deadExecutors } from '../workflow/executors.ts';
import { finishDelivered, settledBy } from './finish-delivered.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from './sender.ts';

/** Instances handed to a transport at once. */
const BATCH = 256;
const LONGEST_TEXT = 1_000;

export interface OutboxEntry {
  readonly destination: string;
  readonly sop_instance_uid: string;
  readonly sop_class_uid: string;
  readonly transfer_syntax_uid: string;
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sha256: string;
  readonly run_id: string | null;
}

/** Owes instances to destinations, in the transaction that decided it. What is owed already stays as it is. */
export async function owe(transaction: Database, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await transaction
    .insertInto('outbox')
    .values(entries.map((entry) => ({ ...entry, last_error: null, held_by: null, acknowledgement: null })))
    .onConflict((conflict) => conflict.columns(['destination', 'sop_instance_uid']).doNothing())
    .execute();
}

export interface DeliveryContext {
  readonly db: Database;
  readonly archive: Archive;
  /** Id of the executor of this process. */
  readonly executorId: string;
  readonly pauses: Configuration['delivery'];
}

export interface DeliverTo {
  readonly name: string;
  readonly sender: Sender;
  /** One after the other as they came; what cannot be sent holds up what came after it. */
  readonly inOrder?: boolean;
  /** It is asked for storage commitment: what it has taken counts as delivered only afterwards. */
  readonly commits?: boolean;
}

/**
 * Sends what is due at one destination, once around.
 * @returns the number of instances that were tried; 0 means that nothing is due.
 */
export async function deliverDue(
  context: DeliveryContext,
  destination: DeliverTo,
  signal: AbortSignal,
): Promise<number> {
  const { db, archive, executorId } = context;
  const claimed = await db
    .updateTable('outbox')
    .set((eb) => ({ state: 'sending' as const, held_by: executorId, attempts: eb('attempts', '+', 1) }))
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('outbox')
        .select('id')
        .where('destination', '=', destination.name)
        .where('state', '=', 'waiting')
        .where(isDue(context.pauses.longestPauseSeconds))
        .$if(destination.inOrder === true, (query) => query.where(nothingBefore))
        .orderBy(urgency)
        .orderBy('id')
        .limit(destination.inOrder === true ? 1 : BATCH)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .returning(urgency.as('urgency'))
    .execute();
  if (claimed.length === 0) return 0;
  const settled = new Map<string, Settled>();
  const items = claimed
    .sort((a, b) => a.urgency - b.urgency || a.id - b.id)
    .map(
      (row): DeliveryItem => ({
        sopClassUid: row.sop_class_uid,
        sopInstanceUid: row.sop_instance_uid,
        studyInstanceUid: row.study_instance_uid,
        transferSyntaxUid: row.transfer_syntax_uid,
        file: archive.instances.pathOf(row.sha256),
      }),
    );
  let failure = 'the destination did not answer for this instance';
  try {
    for await (const outcome of destination.sender.send(items, signal)) {
      settled.set(outcome.item.sopInstanceUid, settle(outcome));
    }
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const silent: Settled = { acknowledged: false, text: `DELIVERY_UNANSWERED: ${failure}`, final: false };
  await record(
    context,
    destination,
    claimed.map((row) => ({ row, outcome: settled.get(row.sop_instance_uid) ?? silent })),
  );
  return claimed.length;
}

/**
 * Its time has come, or lies further ahead than any pause: then the clock was moved back since, and waiting for what
 * it said could take days.
 */
const isDue = (longestPauseSeconds: number) => sql<boolean>`(next_attempt_at <= now()
  or next_attempt_at > now() + make_interval(secs => ${2 * longestPauseSeconds}))`;

/** Urgent studies first; of equals, what came first. */
const urgency = sql<number>`(select case study.priority when 'urgent' then 0 when 'high' then 1 else 2 end
  from study where study.study_instance_uid = outbox.study_instance_uid)`;

/** For destinations that want things in order: what is not settled yet, given up by the node included, holds the rest. */
const nothingBefore = sql<boolean>`not exists (
  select from outbox as earlier
  where earlier.destination = outbox.destination and earlier.id < outbox.id
    and earlier.state in ('waiting', 'sending', 'failed'))`;

interface Settled {
  readonly acknowledged: boolean;
  readonly sent?: Pick<DeliveryItem, 'sopClassUid' | 'sopInstanceUid'>;
  /** Not sent, because the destination does not take it. */
  readonly skipped?: boolean;
  /** What the destination said. */
  readonly text: string;
  /** Trying again cannot help. */
  readonly final: boolean;
}

function settle(outcome: DeliveryOutcome): Settled {
  switch (outcome.result) {
    case 'accepted':
      return {
        acknowledged: true,
        text: `${outcome.status} ${outcome.text}`.trim(),
        final: true,
        sent: outcome.sent ?? outcome.item,
      };
    case 'refused':
      return { acknowledged: false, text: `${outcome.status}: ${outcome.text}`, final: !outcome.isTransient };
    case 'unwanted':
      return { acknowledged: false, skipped: true, text: outcome.text, final: true };
    case 'unknown':
      return { acknowledged: false, text: `${outcome.code}: ${outcome.text}`, final: false };
  }
}

interface ClaimedRow {
  readonly id: number;
  readonly sop_instance_uid: string;
  readonly study_instance_uid: string;
  readonly run_id: string | null;
  readonly attempts: number;
}

async function record(
  context: DeliveryContext,
  { name: destination, commits = false }: DeliverTo,
  settled: readonly { readonly row: ClaimedRow; readonly outcome: Settled }[],
): Promise<void> {
  const { db, pauses } = context;
  await db.transaction().execute(async (transaction) => {
    const acknowledged: ClaimedRow[] = [];
    const givenUp: ClaimedRow[] = [];
    for (const { row, outcome } of settled.toSorted((a, b) => a.row.id - b.row.id)) {
      if (outcome.acknowledged) {
        acknowledged.push(row);
        await transaction
          .updateTable('outbox')
          .set({
            state: commits ? 'stored' : 'acknowledged',
            sent_sop_class_uid: outcome.sent?.sopClassUid ?? null,
            sent_sop_instance_uid: outcome.sent?.sopInstanceUid ?? null,
            next_attempt_at: sql<Date>`now()`,
            held_by: null,
            last_error: null,
            acknowledged_at: new Date(),
            acknowledgement: outcome.text.slice(0, LONGEST_TEXT),
          })
          .where('id', '=', row.id)
          .execute();
        continue;
      }
      const final = outcome.final || row.attempts >= pauses.attempts;
      const skipped = outcome.skipped === true;
      if (final && !skipped) givenUp.push(row);
      await transaction
        .updateTable('outbox')
        .set({
          state: skipped ? 'skipped' : final ? 'failed' : 'waiting',
          held_by: null,
          last_error: outcome.text.slice(0, LONGEST_TEXT),
          // The clock that decides what is due: ours may be another one.
          next_attempt_at: sql<Date>`now() + make_interval(secs => ${pauseAfter(row.attempts, pauses)})`,
        })
        .where('id', '=', row.id)
        .execute();
    }
    await finishDelivered(transaction, settledBy(settled.map(({ row }) => row)));
    for (const study of new Set(settled.map(({ row }) => row.study_instance_uid))) {
      const runId = settled.find(({ row }) => row.study_instance_uid === study)?.row.run_id ?? null;
      const state = acknowledged.some((row) => row.study_instance_uid === study)
        ? commits
          ? 'sending'
          : 'acknowledged'
        : givenUp.some((row) => row.study_instance_uid === study)
          ? 'failed'
          : 'waiting';
      await announce(transaction, { kind: 'delivery', runId, studyInstanceUid: study, destination, state });
    }
    await appendAudit(transaction, [
      ...entries('delivery', acknowledged, destination),
      ...entries('delivery-failed', givenUp, destination),
    ]);
  });
}

function entries(kind: 'delivery' | 'delivery-failed', rows: readonly ClaimedRow[], destination: string) {
  return [...new Set(rows.map((row) => row.study_instance_uid))].map((study) => ({
    kind,
    actor: 'node',
    subject: `study:${study}`,
    detail: {
      destination,
      instances: rows.filter((row) => row.study_instance_uid === study).map((row) => row.sop_instance_uid),
    },
  }));
}

/** Seconds to wait after `attempts` attempts: doubling from the first pause to the longest. */
export function pauseAfter(attempts: number, pauses: Configuration['delivery']): number {
  return Math.min(pauses.longestPauseSeconds, pauses.firstPauseSeconds * 2 ** Math.min(attempts - 1, 30));
}

/** Rows that a killed process was sending become due again; what it had sent is the same object at the receiver. */
export async function reclaimAbandoned(db: Database): Promise<number> {
  const holders = await db
    .selectFrom('outbox')
    .select('held_by')
    .distinct()
    .where('state', '=', 'sending')
    .execute();
  const dead = await deadExecutors(
    db,
    holders.flatMap((row) => (row.held_by === null ? [] : [row.held_by])),
  );
  if (dead.size === 0) return 0;
  const result = await db
    .updateTable('outbox')
    .set({ state: 'waiting', held_by: null, next_attempt_at: sql<Date>`now()` })
    .where('state', '=', 'sending')
    .where('held_by', 'in', [...dead])
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
