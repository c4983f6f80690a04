import type { StudyCounts } from '../../api/contract.ts';
import type { Database } from '../../database/index.ts';
import { isNoLayer } from '../reading-order.ts';
import { differencesOf } from './differences.ts';
import { balanceOf } from './expectations.ts';

/** Expected, received, processed and delivered counts of a study, and where they differ; undefined without the study. */
export async function studyCounts(db: Database, uid: string): Promise<StudyCounts | undefined> {
  const study = await db
    .selectFrom('study')
    .select(['closed_by', 'closed_at'])
    .where('study_instance_uid', '=', uid)
    .executeTakeFirst();
  if (study === undefined) return undefined;
  const balance = await balanceOf(db, uid);
  const runs = await db
    .selectFrom('run')
    .select(['id', 'route', 'pipeline', 'state', 'input'])
    .where('study_instance_uid', '=', uid)
    .where(isNoLayer)
    .orderBy('queued_at', 'desc')
    .execute();
  const owed = await db
    .selectFrom('outbox')
    .select((eb) => ['destination', 'state', eb.fn.countAll<number>().as('count')])
    .where('study_instance_uid', '=', uid)
    .groupBy(['destination', 'state'])
    .orderBy('destination')
    .execute();
  const deliveries = [...Map.groupBy(owed, (row) => row.destination)].map(([destination, rows]) => {
    const count = (state: string) => rows.find((row) => row.state === state)?.count ?? 0;
    return {
      destination,
      owed: rows.reduce((sum, row) => sum + row.count, 0),
      delivered: count('acknowledged'),
      failed: count('failed'),
    };
  });
  const done = runs.filter(({ state }) => state === 'packaged' || state === 'delivered');
  const own = done.flatMap((run) => run.input.filter(({ study }) => study === undefined));
  const processed = new Set(own.map(({ sopInstanceUid }) => sopInstanceUid));
  return {
    closedBy: study.closed_by,
    closedAt: study.closed_at?.toISOString() ?? null,
    expected: balance.expected,
    received: balance.received,
    missing: balance.missing,
    processed: processed.size,
    deliveries,
    evidence: balance.evidence.map((evidence) => ({ ...evidence, toldAt: evidence.toldAt.toISOString() })),
    differences: differencesOf({
      missing: balance.missing,
      failedRuns: runs.filter(({ state }) => state === 'failed'),
      failedDeliveries: deliveries,
    }),
  };
}
