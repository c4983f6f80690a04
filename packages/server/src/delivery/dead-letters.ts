import type { Database } from '../database/index.ts';
import { announce } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { finishDelivered, settledBy } from './finish-delivered.ts';

/** Deliveries of the outbox: by their ids, or all of a destination that failed. */
export type Chosen = { readonly ids: readonly string[] } | { readonly destination: string };

/** Makes deliveries due now, also what was given up: someone says that the destination is back. */
export async function retryDeliveries(db: Database, chosen: Chosen, actor: string): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .updateTable('outbox')
      .set({ state: 'waiting', next_attempt_at: new Date(), attempts: 0, asks: 0, resends: 0, held_by: null })
      .where('state', 'in', 'ids' in chosen ? ['waiting', 'failed', 'given-up'] : ['waiting', 'failed'])
      .where((eb) =>
        'ids' in chosen ? eb('id', 'in', chosen.ids.map(Number)) : eb('destination', '=', chosen.destination),
      )
      .returning(['destination', 'study_instance_uid', 'sop_instance_uid', 'run_id'])
      .execute();
    await record(transaction, 'delivery-retry', rows, actor, 'waiting');
    return rows.length;
  });
}

/** A person decides that deliveries which failed will not happen; a run no longer waits for them. */
export async function giveUpDeliveries(db: Database, chosen: Chosen, actor: string): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .updateTable('outbox')
      .set({ state: 'given-up', held_by: null })
      .where('state', '=', 'failed')
      .where((eb) =>
        'ids' in chosen ? eb('id', 'in', chosen.ids.map(Number)) : eb('destination', '=', chosen.destination),
      )
      .returning(['destination', 'study_instance_uid', 'sop_instance_uid', 'run_id'])
      .execute();
    await record(transaction, 'delivery-given-up', rows, actor, 'failed');
    await finishDelivered(transaction, settledBy(rows));
    return rows.length;
  });
}

interface Row {
  readonly destination: string;
  readonly study_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly run_id: string | null;
}

async function record(
  transaction: Database,
  kind: 'delivery-retry' | 'delivery-given-up',
  rows: readonly Row[],
  actor: string,
  state: 'waiting' | 'failed',
): Promise<void> {
  const groups = Map.groupBy(rows, (row) => `${row.destination} ${row.study_instance_uid}`);
  for (const group of groups.values()) {
    const { destination, study_instance_uid: study, run_id: runId } = group[0]!;
    await announce(transaction, { kind: 'delivery', runId, studyInstanceUid: study, destination, state });
  }
  await appendAudit(
    transaction,
    [...groups.values()].map((group) => ({
      kind,
      actor,
      subject: `study:${group[0]!.study_instance_uid}`,
      detail: {
        destination: group[0]!.destination,
        instances: group.map((row) => row.sop_instance_uid),
      },
    })),
  );
}
