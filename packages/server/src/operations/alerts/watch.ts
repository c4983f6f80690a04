import { sql } from 'kysely';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import type { Check } from '../health.ts';
import { type AlertKind, causesNow } from './causes.ts';

const LOCK = 7_036_813;
/** Causes of one node; those of another one on the same database are its own. */
const OF_NODE: readonly string[] = ['archive', 'workers'];

export interface AlertContext {
  readonly db: Database;
  readonly configuration: Configuration;
  readonly health: () => Promise<readonly Check[]>;
}

/**
 * Compares what is wrong now with what was: a new cause opens an alert, one that is gone ends it, and the webhooks are
 * owed a notice of either in the same transaction.
 * @returns how many alerts began or ended.
 */
export async function watchCauses({ db, configuration, health }: AlertContext): Promise<number> {
  const checks = await health();
  const node = configuration.node.name;
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${LOCK}) as held`.execute(
      transaction,
    );
    if (rows[0]?.held !== true) return 0;
    const causes = await causesNow(transaction, checks, node, configuration.models.alertAfter);
    const open = await transaction.selectFrom('alert').selectAll().where('resolved_at', 'is', null).execute();
    const key = (kind: string, subject: string) => `${kind} ${subject}`;
    const known = new Map(open.map((alert) => [key(alert.kind, alert.subject), alert]));
    const present = new Set(causes.map(({ kind, subject }) => key(kind, subject)));
    let changes = 0;
    for (const { kind, subject, studyInstanceUid, text } of causes) {
      const alert = known.get(key(kind, subject));
      if (alert?.text === text) continue;
      if (alert !== undefined) {
        await transaction.updateTable('alert').set({ text }).where('id', '=', alert.id).execute();
        continue;
      }
      const { id } = await transaction
        .insertInto('alert')
        .values({ kind, subject, study_instance_uid: studyInstanceUid, text })
        .returning('id')
        .executeTakeFirstOrThrow();
      await owe(transaction, configuration, { id, kind }, 'raised');
      changes += 1;
    }
    for (const alert of open) {
      const isElsewhere = OF_NODE.includes(alert.kind) && alert.subject !== node;
      if (isElsewhere || present.has(key(alert.kind, alert.subject))) continue;
      await transaction
        .updateTable('alert')
        .set({ resolved_at: new Date() })
        .where('id', '=', alert.id)
        .execute();
      await owe(transaction, configuration, alert, 'resolved');
      changes += 1;
    }
    return changes;
  });
}

async function owe(
  transaction: Database,
  { alerts }: Configuration,
  { id, kind }: { readonly id: number; readonly kind: string },
  event: 'raised' | 'resolved',
): Promise<void> {
  const wanted = alerts.webhooks.filter(
    ({ kinds }) => kinds.length === 0 || kinds.includes(kind as AlertKind),
  );
  if (wanted.length === 0) return;
  await transaction
    .insertInto('alert_notice')
    .values(wanted.map(({ name }) => ({ alert_id: id, webhook: name, event })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
