import { sql } from 'kysely';
import type { Database, Origin } from '../database/index.ts';
import type { InstanceHeader } from './instance-header.ts';

/** A file that is safe on disk under its hash and now gets its place in the index. */
export interface IndexItem {
  readonly header: InstanceHeader;
  readonly sha256: string;
  readonly contentSha256: string;
  readonly byteLength: number;
  readonly origin: Origin;
  readonly source: Readonly<Record<string, unknown>>;
  readonly receivedAt?: Date | undefined;
  /** When the study settles if nothing more comes; not for results of our own. */
  readonly quietSeconds?: number | undefined;
}

export type IndexOutcome =
  | { readonly status: 'stored' }
  | { readonly status: 'duplicate'; readonly sha256: string }
  | { readonly status: 'conflict'; readonly sha256: string };

export interface IndexWriter {
  add(item: IndexItem): Promise<IndexOutcome>;
}

/** Keeps a transaction small enough that a sender never waits long for the ones before it. */
const MOST_PER_TRANSACTION = 64;

/**
 * Adds instances to the index. While one transaction is on its way, those that arrive wait and go together in the
 * next: a study sent over four associations costs one commit for many instances, and each `add` still resolves only
 * after its own commit.
 */
export function createIndexWriter(db: Database): IndexWriter {
  interface Waiting {
    readonly item: IndexItem;
    resolve(outcome: IndexOutcome): void;
    reject(error: unknown): void;
  }
  let queue: Waiting[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    while (queue.length > 0) {
      const batch = queue.slice(0, MOST_PER_TRANSACTION);
      queue = queue.slice(MOST_PER_TRANSACTION);
      try {
        const outcomes = await addAll(
          db,
          batch.map((waiting) => waiting.item),
        );
        for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index]!);
      } catch {
        // One bad row must not refuse its neighbours: each on its own.
        for (const waiting of batch) {
          await addAll(db, [waiting.item]).then(([outcome]) => waiting.resolve(outcome!), waiting.reject);
        }
      }
    }
    busy = false;
  }

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject });
        if (!busy) void drain();
      });
    },
  };
}

function addAll(db: Database, items: readonly IndexItem[]): Promise<IndexOutcome[]> {
  return db.transaction().execute((transaction) => addToIndex(transaction, items));
}

/** The same inside a transaction of the caller, for results that appear together with their run. */
export async function addToIndex(
  transaction: Database,
  items: readonly IndexItem[],
): Promise<IndexOutcome[]> {
  const uids = [...new Set(items.map((item) => item.header.sopInstanceUid))].sort();
  // Two transactions with the same new UID: the second waits here and then sees the first's row.
  await sql`select pg_advisory_xact_lock(hashtextextended(uid, 0)) from unnest(${uids}::text[]) as uid`.execute(
    transaction,
  );
  const present = await transaction
    .selectFrom('instance')
    .select(['sop_instance_uid', 'sha256', 'content_sha256'])
    .where('sop_instance_uid', 'in', uids)
    .execute();
  const known = new Map(present.map((row) => [row.sop_instance_uid, row]));
  const outcomes: IndexOutcome[] = [];
  const fresh: IndexItem[] = [];
  for (const item of items) {
    const existing = known.get(item.header.sopInstanceUid);
    if (existing === undefined) {
      fresh.push(item);
      known.set(item.header.sopInstanceUid, {
        sop_instance_uid: item.header.sopInstanceUid,
        sha256: item.sha256,
        content_sha256: item.contentSha256,
      });
      outcomes.push({ status: 'stored' });
    } else {
      const status = existing.content_sha256 === item.contentSha256 ? 'duplicate' : 'conflict';
      outcomes.push({ status, sha256: existing.sha256 });
    }
  }
  await insert(transaction, fresh);
  return outcomes;
}

async function insert(transaction: Database, items: readonly IndexItem[]): Promise<void> {
  if (items.length === 0) return;
  // Ordered by key, so that two transactions lock the rows of two studies in the same order.
  for (const item of newestPer(items, (entry) => entry.header.study.study_instance_uid)) {
    const quiet = item.quietSeconds;
    const settles = quiet === undefined ? null : sql<Date>`now() + make_interval(secs => ${quiet})`;
    await transaction
      .insertInto('study')
      .values({
        ...item.header.study,
        settles_at: settles,
        ...(item.receivedAt === undefined ? {} : { received_at: item.receivedAt }),
      })
      .onConflict((conflict) =>
        conflict.column('study_instance_uid').doUpdateSet((eb) => ({
          // The first instance may lack what a later one knows (weight is usually in the PET only).
          weight_kg: sql<number | null>`coalesce(study.weight_kg, excluded.weight_kg)`,
          size_m: sql<number | null>`coalesce(study.size_m, excluded.size_m)`,
          accession_number: sql<string>`coalesce(nullif(study.accession_number, ''), excluded.accession_number)`,
          description: sql<string>`coalesce(nullif(study.description, ''), excluded.description)`,
          ...(quiet === undefined
            ? {}
            : { settles_at: eb.ref('excluded.settles_at'), state: 'receiving' as const, state_reason: null }),
          changed_at: sql<Date>`now()`,
        })),
      )
      .execute();
  }
  await transaction
    .insertInto('series')
    .values(
      newestPer(items, (item) => item.header.series.series_instance_uid).map((item) => item.header.series),
    )
    .onConflict((conflict) => conflict.columns(['study_instance_uid', 'series_instance_uid']).doNothing())
    .execute();
  await transaction
    .insertInto('instance')
    .values(
      items.map((item) => ({
        sop_instance_uid: item.header.sopInstanceUid,
        study_instance_uid: item.header.study.study_instance_uid,
        series_instance_uid: item.header.series.series_instance_uid,
        sop_class_uid: item.header.sopClassUid,
        transfer_syntax_uid: item.header.transferSyntaxUid,
        instance_number: item.header.instanceNumber,
        rows: item.header.rows,
        columns: item.header.columns,
        number_of_frames: item.header.numberOfFrames,
        sha256: item.sha256,
        content_sha256: item.contentSha256,
        byte_length: item.byteLength,
        origin: item.origin,
        source: JSON.stringify(item.source),
        audit_sequence: null,
        ...(item.receivedAt === undefined ? {} : { received_at: item.receivedAt }),
      })),
    )
    .execute();
}

/** The last item of each key (its clock is the newest), ordered by key. */
function newestPer(items: readonly IndexItem[], key: (item: IndexItem) => string): IndexItem[] {
  const chosen = new Map<string, IndexItem>();
  for (const item of items) chosen.set(`${item.header.study.study_instance_uid} ${key(item)}`, item);
  return [...chosen.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
