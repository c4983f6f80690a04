import { sql } from 'kysely';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { failingModels } from '../../models/index.ts';
import { counted } from '../../studies/completeness/differences.ts';
import { isNoLayer } from '../../studies/reading-order.ts';
import type { Check } from '../health.ts';

export type AlertKind = Configuration['alerts']['webhooks'][number]['kinds'][number];

/** Something that is wrong now. Texts hold UIDs, names of destinations and codes: they leave the node. */
export interface Cause {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly studyInstanceUid: string | null;
  readonly text: string;
}

/** Everything that is wrong now, from what the database and the checks of health say. */
export async function causesNow(
  db: Database,
  checks: readonly Check[],
  node: string,
  failuresOfModels: number,
): Promise<readonly Cause[]> {
  const incomplete = await db
    .selectFrom('study')
    .select(['study_instance_uid', 'missing_instances'])
    .where('missing_instances', '>', 0)
    .where('settles_at', 'is', null)
    .execute();
  const failedRuns = await db
    .selectFrom('run')
    .select(['id', 'study_instance_uid', 'pipeline', 'route'])
    .select(sql<string | null>`error ->> 'code'`.as('code'))
    .where('state', '=', 'failed')
    // Whoever tried something while reading sees that it failed.
    .where(isNoLayer)
    .execute();
  const failedDeliveries = await db
    .selectFrom('outbox')
    .select((eb) => ['destination', eb.fn.countAll<number>().as('count')])
    .where('state', '=', 'failed')
    .groupBy('destination')
    .execute();
  const failedMessages = await db
    .selectFrom('message_outbox')
    .select((eb) => ['destination', eb.fn.countAll<number>().as('count')])
    .where('state', '=', 'failed')
    .groupBy('destination')
    .execute();
  const damaged = await db
    .selectFrom('archive_problem')
    .select((eb) => ['code', eb.fn.countAll<number>().as('count')])
    .where('state', '=', 'open')
    .groupBy('code')
    .orderBy('code')
    .execute();
  const models = await failingModels(db, failuresOfModels);
  return [
    ...models.map(({ id, version, count, code }) =>
      ofNode(
        'model-failing',
        `${id}@${version}`,
        `the model ${id} ${version} failed ${count} times in a row (${code})`,
      ),
    ),
    ...incomplete.map(
      (row): Cause => ({
        kind: 'study-incomplete',
        subject: row.study_instance_uid,
        studyInstanceUid: row.study_instance_uid,
        text: `${counted(row.missing_instances, 'announced instance')} of a study did not come`,
      }),
    ),
    ...failedRuns.map(
      (row): Cause => ({
        kind: 'run-failed',
        subject: row.id,
        studyInstanceUid: row.study_instance_uid,
        text: `the run of ${row.pipeline} by route ${row.route} failed (${row.code ?? 'RUN_FAILED'})`,
      }),
    ),
    ...failedDeliveries.map(({ destination, count }) =>
      ofNode('delivery-failed', destination, `${counted(count, 'instance')} not delivered to ${destination}`),
    ),
    ...failedMessages.map(({ destination, count }) =>
      ofNode('message-failed', destination, `${counted(count, 'message')} refused by ${destination}`),
    ),
    ...damaged.map(({ code, count }) =>
      ofNode(
        'archive-problem',
        code,
        `${counted(count, 'file')} of the archive with ${code}, not repaired yet`,
      ),
    ),
    ...checks.flatMap(({ name, ok, detail }) =>
      !ok && (name === 'archive' || name === 'workers') ? [ofNode(name, node, `${name}: ${detail}`)] : [],
    ),
  ];
}

const ofNode = (kind: AlertKind, subject: string, text: string): Cause => ({
  kind,
  subject,
  studyInstanceUid: null,
  text,
});
