import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { type AuditEvent, appendAudit } from './chain.ts';

/** Instances in one turn, and so in one entry: keeps an entry below about 200 kB. */
export const MOST_RECEIPTS = 1_000;

/**
 * Writes the receipts that the index holds and the chain does not, one entry per series and batch. The index row is
 * the memory: a node that dies between receipt and entry writes the entry after its restart. Written in batches so
 * that senders do not wait in line for the head of the chain.
 * @returns how many instances were written down.
 */
export async function auditReceipts(db: Database): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('instance')
      .select(['sop_instance_uid', 'study_instance_uid', 'series_instance_uid', 'sha256', 'source'])
      .where('audit_sequence', 'is', null)
      .orderBy('received_at')
      .orderBy('sop_instance_uid')
      .limit(MOST_RECEIPTS)
      .forUpdate()
      .skipLocked()
      .execute();
    if (rows.length === 0) return 0;
    const groups = new Map<string, typeof rows>();
    for (const row of rows) {
      const key = JSON.stringify([row.study_instance_uid, row.series_instance_uid, row.source]);
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const events = [...groups.values()].map((group): AuditEvent => {
      const first = group[0]!;
      return {
        kind: 'receipt',
        actor: senderOf(first.source),
        subject: `study:${first.study_instance_uid}`,
        detail: {
          series: first.series_instance_uid,
          source: first.source,
          instances: group.map((row) => [row.sop_instance_uid, row.sha256]),
        },
      };
    });
    const sequence = await appendAudit(transaction, events);
    await transaction
      .updateTable('instance')
      .set({ audit_sequence: sequence })
      .where(sql<boolean>`sop_instance_uid = any(${rows.map((row) => row.sop_instance_uid)})`)
      .execute();
    return rows.length;
  });
}

function senderOf(source: Record<string, unknown>): string {
  switch (source.kind) {
    case 'dimse':
      return `ae:${String(source.callingAeTitle)}`;
    case 'dicomweb':
      return source.user === undefined ? `address:${String(source.address)}` : `user:${String(source.user)}`;
    case 'folder':
      return 'folder';
    default:
      return 'node';
  }
}
