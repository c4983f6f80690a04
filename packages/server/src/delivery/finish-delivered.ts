import { sql } from 'kysely';
import { announce, type Database } from '../database/index.ts';

interface Settled {
  /** The runs that settled rows name. */
  readonly runs: readonly string[];
  /** SOP Instance UIDs of settled rows: whatever run made them too. */
  readonly instances: readonly string[];
}

export function settledBy(
  rows: readonly { readonly run_id: string | null; readonly sop_instance_uid: string }[],
): Settled {
  return {
    runs: [...new Set(rows.flatMap((row) => row.run_id ?? []))],
    instances: rows.map((row) => row.sop_instance_uid),
  };
}

/**
 * A run is delivered when nothing of it is outstanding anywhere. Two runs that make the same object owe it once, by
 * the row of the first: so what counts is the objects of a run at its destinations, not whose row it is.
 */
export async function finishDelivered(transaction: Database, { runs, instances }: Settled): Promise<void> {
  const delivered = await transaction
    .updateTable('run')
    .set({ state: 'delivered' })
    .where('state', '=', 'packaged')
    .where((eb) =>
      eb.or([
        eb('id', '=', sql<string>`any(${[...runs]}::text[])`),
        eb(
          'id',
          'in',
          eb
            .selectFrom('result')
            .select('run_id')
            .where('sop_instance_uid', '=', sql<string>`any(${[...instances]}::text[])`),
        ),
      ]),
    )
    .where(sql<boolean>`exists (select from outbox where ${isOfRun})`)
    .where(
      sql<boolean>`not exists (select from outbox where ${isOfRun}
        and outbox.state not in ('acknowledged', 'skipped', 'given-up'))`,
    )
    .returning(['id', 'study_instance_uid'])
    .execute();
  for (const run of delivered) {
    await announce(transaction, {
      kind: 'run',
      runId: run.id,
      studyInstanceUid: run.study_instance_uid,
      state: 'delivered',
    });
  }
}

const isOfRun = sql`(outbox.run_id = run.id or (
  run.phase <> 'research'
  and outbox.sop_instance_uid in (select sop_instance_uid from result where result.run_id = run.id)
  and exists (select from jsonb_array_elements(run.deliver) as target
    where target ->> 'to' = outbox.destination and target ->> 'send' <> 'originals')))`;

/**
 * For a run that has just been packaged: all that it owes may have been owed, and have arrived, before. The rows are
 * held until the transaction ends, so that whoever settles one of them meanwhile sees the run.
 */
export async function finishIfDelivered(
  transaction: Database,
  runId: string,
  instances: readonly string[],
): Promise<void> {
  await transaction
    .selectFrom('outbox')
    .select('id')
    .where('sop_instance_uid', 'in', [...instances])
    // The order in which deliveries are settled: two that wait for each other would be one too many.
    .orderBy('id')
    .forShare()
    .execute();
  await finishDelivered(transaction, { runs: [runId], instances: [] });
}
