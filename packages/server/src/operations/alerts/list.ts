import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import type { Alerts } from '../../api/contract.ts';
import type { Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';

const MOST_LISTED = 200;

/** Open alerts and the last that ended, those that nobody acknowledged first, then the newest. */
export async function listAlerts(db: Database): Promise<Alerts['alerts']> {
  const rows = await db
    .selectFrom('alert')
    .selectAll()
    .orderBy(sql`resolved_at is not null or acknowledged_at is not null`)
    .orderBy('id', 'desc')
    .limit(MOST_LISTED)
    .execute();
  const notices = await db
    .selectFrom('alert_notice')
    .select(['alert_id', 'webhook', 'event', 'state', 'last_error'])
    .where('alert_id', 'in', [0, ...rows.map(({ id }) => id)])
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    studyInstanceUid: row.study_instance_uid,
    text: row.text,
    raisedAt: row.raised_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    notices: notices
      .filter(({ alert_id: alert }) => alert === row.id)
      .map(({ webhook, event, state, last_error: lastError }) => ({ webhook, event, state, lastError })),
  }));
}

/**
 * A person has seen an alert: it stays open while its cause lasts and no longer makes the node unwell.
 * @throws PhotopeakError ALERT_UNKNOWN where there is no such open alert.
 */
export async function acknowledgeAlert(db: Database, id: number, userId: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('alert')
      .set({ acknowledged_at: new Date(), acknowledged_by: userId })
      .where('id', '=', id)
      .where('resolved_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n)
      throw new PhotopeakError('there is no such open alert', { code: 'ALERT_UNKNOWN' });
    await appendAudit(transaction, [
      { kind: 'alert', actor: `user:${userId}`, subject: `alert:${id}`, detail: { how: 'acknowledged' } },
    ]);
  });
}
