import type { AuditVerification } from '../../api/contract.ts';
import type { Database } from '../../database/index.ts';
import type { Anchor } from './anchor.ts';
import { type AuditRecord, canonicalText, GENESIS, hashOf } from './chain.ts';

const PAGE = 5_000;
/** A broken chain usually breaks once; a list of thousands helps nobody. */
const MOST_PROBLEMS = 100;

/**
 * Walks the whole chain and reports every entry that was changed, removed or reordered. The anchor, which lies
 * outside the database, shows what was cut off at the end or written anew from the start.
 */
export async function verifyAudit(db: Database, anchor: Anchor | undefined): Promise<AuditVerification> {
  const problems: AuditVerification['problems'] = [];
  const report = (sequence: number | null, code: string, message: string) => {
    if (problems.length < MOST_PROBLEMS) problems.push({ sequence, code, message });
  };
  let expected = 1;
  let previous = GENESIS;
  let entries = 0;
  let anchorSeen = anchor === undefined || anchor.sequence === 0;
  for (let after = -1; ; ) {
    const page = await db
      .selectFrom('audit')
      .selectAll()
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(PAGE)
      .execute();
    if (page.length === 0) break;
    for (const row of page) {
      after = row.sequence;
      entries += 1;
      if (row.sequence !== expected) {
        report(row.sequence, 'AUDIT_REMOVED', `entries ${expected} to ${row.sequence - 1} are missing`);
        expected = row.sequence;
      }
      const record = parse(row.entry);
      if (record === undefined || canonicalText(record) !== row.entry || hashOf(row.entry) !== row.hash) {
        report(row.sequence, 'AUDIT_CHANGED', 'the text of the entry does not have its hash');
      } else if (record.sequence !== row.sequence) {
        report(row.sequence, 'AUDIT_REORDERED', `the entry was written as number ${record.sequence}`);
      } else if (record.previous !== previous) {
        report(row.sequence, 'AUDIT_BROKEN', 'the entry does not follow from the one before it');
      }
      if (anchor !== undefined && row.sequence === anchor.sequence) {
        anchorSeen = true;
        if (row.hash !== anchor.hash) {
          report(row.sequence, 'AUDIT_REWRITTEN', 'the entry is not the one that the anchor file remembers');
        }
      }
      previous = row.hash;
      expected += 1;
    }
  }
  const head = await db.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirst();
  // Appends may happen while we read: the head may be ahead of what was walked, but never behind and never other.
  if (head === undefined || head.sequence < expected - 1) {
    report(head?.sequence ?? null, 'AUDIT_HEAD', 'the head of the chain does not match its last entry');
  } else if (head.sequence === expected - 1 && head.hash !== previous) {
    report(head.sequence, 'AUDIT_HEAD', 'the head of the chain does not match its last entry');
  } else if (head.sequence > expected - 1) {
    const last = await db
      .selectFrom('audit')
      .select('sequence')
      .orderBy('sequence', 'desc')
      .executeTakeFirst();
    if ((last?.sequence ?? 0) < head.sequence) {
      report(
        head.sequence,
        'AUDIT_TRUNCATED',
        `entries ${(last?.sequence ?? 0) + 1} to ${head.sequence} are missing`,
      );
    }
  }
  if (!anchorSeen && anchor !== undefined) {
    report(
      anchor.sequence,
      'AUDIT_TRUNCATED',
      `the anchor file remembers entry ${anchor.sequence}, the chain does not`,
    );
  }
  return { ok: problems.length === 0, entries, problems };
}

function parse(entry: string): AuditRecord | undefined {
  try {
    return JSON.parse(entry) as AuditRecord;
  } catch {
    return undefined;
  }
}
