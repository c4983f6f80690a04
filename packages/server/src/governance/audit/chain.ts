import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Database } from '../../database/index.ts';

/** What is written down. `detail` holds identifiers and hashes, never a patient's name. */
export interface AuditEvent {
  readonly kind: AuditKind;
  /** `user:<id>`, `node`, `worker`, or the sender of an instance. */
  readonly actor: string;
  /** What it happened to: `study:<uid>`, `run:<id>`, `instance:<uid>`, `account:<id>`, `configuration`. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export const auditKinds = [
  'node-start',
  'node-stop',
  'receipt',
  'conflict',
  'study-complete',
  'run-queued',
  'run-finished',
  'run-failed',
  'run-cancelled',
  'work-item',
  'result',
  'delivery',
  'delivery-failed',
  'delivery-given-up',
  'delivery-retry',
  'storage-commitment',
  'decision',
  'signature',
  'sign-in',
  'sign-in-refused',
  'sign-out',
  'account',
  'access',
  'replay',
  'index-rebuilt',
  'hl7-message',
  'order',
  'patient-change',
  'alert',
  'alignment-check',
  'alignment-correction',
  'quality-control',
  'quality-decision',
  'quality-score',
  'model',
  'calibration',
  'enhancement',
  'message-sent',
  'message-failed',
  'routes',
  'configuration',
  'expectation',
  'reconciliation',
  'prior',
  'archive-damaged',
  'archive-repaired',
  'archive-replaced',
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** The entry as hashed: RFC 8785 text of this object. */
export interface AuditRecord extends Required<AuditEvent> {
  readonly sequence: number;
  readonly at: string;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
}

export const GENESIS = '0'.repeat(64);

export function hashOf(entry: string): string {
  return createHash('sha256').update(entry, 'utf8').digest('hex');
}

/** RFC 8785 (JSON Canonicalization Scheme) text of an entry. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/**
 * Appends to the chain, inside the caller's transaction: the entry exists if and only if what it tells happened.
 * The row lock on the head orders writers; it is held until the transaction ends, so append last.
 */
export async function appendAudit(
  transaction: Database,
  events: readonly AuditEvent[],
  at: Date = new Date(),
): Promise<number> {
  if (events.length === 0) return 0;
  const head = await transaction
    .selectFrom('audit_head')
    .select(['sequence', 'hash'])
    .forUpdate()
    .executeTakeFirstOrThrow();
  let { sequence, hash } = head;
  const rows = events.map((event) => {
    sequence += 1;
    const record: AuditRecord = { detail: {}, ...event, sequence, at: at.toISOString(), previous: hash };
    const entry = canonicalText(record);
    hash = hashOf(entry);
    return { sequence, entry, hash };
  });
  await transaction.insertInto('audit').values(rows).execute();
  await transaction.updateTable('audit_head').set({ sequence, hash }).execute();
  return sequence;
}
