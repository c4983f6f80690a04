import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, type Origin, prepared } from '../database/index.ts';
import type { InstanceHeader } from './instance-header.ts';

/** A file that is safe on disk under its hash and now gets its place in the index. */
export interface IndexItem {
  readonly header: InstanceHeader;
  readonly sha256: string;
  readonly byteLength: number;
  readonly origin: Origin;
  readonly source: Readonly<Record<string, unknown>>;
  readonly receivedAt?: Date | undefined;
  /** When the study settles if nothing more comes; not for results of our own. */
  readonly quietSeconds?: number | undefined;
}

export type IndexOutcome =
  | { readonly status: 'stored' }
  /** The UID is taken, by the file with this hash: a duplicate where it holds the same instance, else a conflict. */
  | { readonly status: 'taken'; readonly sha256: string };

export interface IndexWriter {
  add(item: IndexItem): Promise<IndexOutcome>;
  /** Takes an instance out again whose file the disk did not keep. */
  remove(item: Pick<IndexItem, 'header' | 'sha256'>): Promise<void>;
}

/** Keeps a transaction small enough that a sender never waits long for the ones before it. */
const MOST_PER_TRANSACTION = 64;

/**
 * A transaction costs the same for one instance as for several, and the disk takes longer over a file: where several
 * senders are at work, waiting a moment for the next instance costs none of them any time.
 */
const GATHER_MS = 1;
const IS_BUSY_MS = 20;

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
  /** When the last transaction ended that held instances of several senders. */
  let sharedAt = Number.NEGATIVE_INFINITY;

  async function drain(): Promise<void> {
    busy = true;
    while (queue.length > 0) {
      if (performance.now() - sharedAt < IS_BUSY_MS) await setTimeout(GATHER_MS);
      const batch = queue.slice(0, MOST_PER_TRANSACTION);
      queue = queue.slice(MOST_PER_TRANSACTION);
      try {
        const outcomes = await addToIndex(
          db,
          batch.map((waiting) => waiting.item),
        );
        for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index]!);
      } catch {
        // One bad row must not refuse its neighbours: each on its own.
        for (const waiting of batch) {
          await addToIndex(db, [waiting.item]).then(([outcome]) => waiting.resolve(outcome!), waiting.reject);
        }
      }
      if (batch.length > 1) sharedAt = performance.now();
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
    async remove({ header, sha256 }) {
      await db
        .deleteFrom('instance')
        .where('sop_instance_uid', '=', header.sopInstanceUid)
        .where('sha256', '=', sha256)
        .execute();
    },
  };
}

/** The same inside a transaction of the caller, for results that appear together with their run. */
export async function addToIndex(db: Database, items: readonly IndexItem[]): Promise<IndexOutcome[]> {
  // Of two with the same UID in one batch the first is added.
  const first = new Map<string, IndexItem>();
  for (const item of items) if (!first.has(uidOf(item))) first.set(uidOf(item), item);
  const added = await insert(db, [...first.values()]);
  const known = await present(
    db,
    [...first.keys()].filter((uid) => !added.has(uid)),
  );
  return items.map((item): IndexOutcome => {
    const uid = uidOf(item);
    if (added.has(uid) && first.get(uid) === item) return { status: 'stored' };
    return { status: 'taken', sha256: added.has(uid) ? first.get(uid)!.sha256 : known.get(uid)! };
  });
}

const uidOf = (item: IndexItem) => item.header.sopInstanceUid;

/** The files of instances that were not added, by UID. */
async function present(db: Database, uids: readonly string[]): Promise<Map<string, string>> {
  if (uids.length === 0) return new Map();
  const rows = await db
    .selectFrom('instance')
    .select(['sop_instance_uid', 'sha256'])
    .where('sop_instance_uid', '=', sql<string>`any(${uids}::text[])`)
    .execute();
  if (rows.length < uids.length) throw new Error('an instance was deleted while it was sent again');
  return new Map(rows.map((row) => [row.sop_instance_uid, row.sha256]));
}

/** Adds what is new, with its series and study, in one statement; returns the UIDs that were new. */
async function insert(db: Database, items: readonly IndexItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set();
  const told = studiesOf(items);
  const studies = lastPer(items, (item) => item.header.study.study_instance_uid).map((item) => ({
    ...told.get(item.header.study.study_instance_uid)!,
    quiet_seconds: item.quietSeconds,
    received_at: item.receivedAt,
  }));
  const series = lastPer(items, ({ header }) =>
    JSON.stringify([header.study.study_instance_uid, header.series.series_instance_uid]),
  ).map((item) => item.header.series);
  const instances = items.map(({ header, ...item }) => ({
    sop_instance_uid: header.sopInstanceUid,
    study_instance_uid: header.study.study_instance_uid,
    series_instance_uid: header.series.series_instance_uid,
    sop_class_uid: header.sopClassUid,
    transfer_syntax_uid: header.transferSyntaxUid,
    instance_number: header.instanceNumber,
    rows: header.rows,
    columns: header.columns,
    number_of_frames: header.numberOfFrames,
    sha256: item.sha256,
    byte_length: item.byteLength,
    origin: item.origin,
    source: item.source,
    received_at: item.receivedAt,
  }));
  const rows = await addInstances(
    db,
    [studies, series, instances].map((value) => JSON.stringify(value)),
  );
  return new Set(rows.map((row) => row.sop_instance_uid));
}

type StudyHeader = IndexItem['header']['study'];

/** Of each study what its first item says, and of that which an item may lack, what the first says that has it. */
function studiesOf(items: readonly IndexItem[]): Map<string, StudyHeader> {
  const studies = new Map<string, StudyHeader>();
  for (const { header } of items) {
    const { study } = header;
    const known = studies.get(study.study_instance_uid) ?? study;
    studies.set(study.study_instance_uid, {
      ...known,
      weight_kg: known.weight_kg ?? study.weight_kg,
      size_m: known.size_m ?? study.size_m,
      accession_number: known.accession_number || study.accession_number,
      description: known.description || study.description,
    });
  }
  return studies;
}

/** The last item of each key: its clock is the newest. */
function lastPer(items: readonly IndexItem[], key: (item: IndexItem) => string): IndexItem[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/**
 * One round trip for a batch. The instances come first and their unique key decides what is new, also against another
 * transaction that adds the same UID at this moment: the insert waits for its end. Study and series are made or
 * touched only for what is new; that they come later in the statement is allowed, because foreign keys are looked at
 * when it ends. Rows are locked in the order of their keys, so that two batches never wait for each other in a ring.
 */
const addInstances = prepared<{ readonly sop_instance_uid: string }>(
  'add-instances',
  `
  with fresh as (
    insert into instance (sop_instance_uid, study_instance_uid, series_instance_uid, sop_class_uid,
      transfer_syntax_uid, instance_number, rows, columns, number_of_frames, sha256, byte_length,
      origin, source, received_at)
    select sop_instance_uid, study_instance_uid, series_instance_uid, sop_class_uid,
      transfer_syntax_uid, instance_number, rows, columns, number_of_frames, sha256, byte_length,
      origin, source, coalesce(received_at, now())
    from jsonb_to_recordset($3) as item (sop_instance_uid text, study_instance_uid text, series_instance_uid text,
      sop_class_uid text, transfer_syntax_uid text, instance_number integer, rows integer, columns integer,
      number_of_frames integer, sha256 text, byte_length bigint, origin text, source jsonb,
      received_at timestamptz)
    order by sop_instance_uid
    on conflict (sop_instance_uid) do nothing
    returning sop_instance_uid, study_instance_uid, series_instance_uid
  ), touched_study as (
    insert into study (study_instance_uid, patient_name, patient_id, birth_date, sex, accession_number, study_date,
      study_time, study_id, description, referring_physician, weight_kg, size_m, settles_at, received_at)
    select study_instance_uid, patient_name, patient_id, birth_date, sex, accession_number, study_date,
      study_time, study_id, description, referring_physician, weight_kg, size_m,
      now() + make_interval(secs => quiet_seconds), coalesce(received_at, now())
    from jsonb_to_recordset($1) as item (study_instance_uid text, patient_name text, patient_id text,
      birth_date text, sex text, accession_number text, study_date text, study_time text, study_id text,
      description text, referring_physician text, weight_kg double precision, size_m double precision,
      quiet_seconds double precision, received_at timestamptz)
    where study_instance_uid in (select study_instance_uid from fresh)
    order by study_instance_uid
    on conflict (study_instance_uid) do update set
      -- The first instance may lack what a later one knows (weight is usually in the PET only).
      weight_kg = coalesce(study.weight_kg, excluded.weight_kg),
      size_m = coalesce(study.size_m, excluded.size_m),
      accession_number = coalesce(nullif(study.accession_number, ''), excluded.accession_number),
      description = coalesce(nullif(study.description, ''), excluded.description),
      settles_at = coalesce(excluded.settles_at, study.settles_at),
      state = case when excluded.settles_at is null then study.state else 'receiving' end,
      state_reason = case when excluded.settles_at is null then study.state_reason end,
      changed_at = now()
  ), touched_series as (
    insert into series (study_instance_uid, series_instance_uid, modality, series_number, description, body_part,
      manufacturer, model_name, station_name, institution, frame_of_reference_uid)
    select study_instance_uid, series_instance_uid, modality, series_number, description, body_part,
      manufacturer, model_name, station_name, institution, frame_of_reference_uid
    from jsonb_to_recordset($2) as item (study_instance_uid text, series_instance_uid text, modality text,
      series_number integer, description text, body_part text, manufacturer text, model_name text,
      station_name text, institution text, frame_of_reference_uid text)
    where (study_instance_uid, series_instance_uid) in (select study_instance_uid, series_instance_uid from fresh)
    order by study_instance_uid, series_instance_uid
    on conflict (study_instance_uid, series_instance_uid) do nothing
  )
  select sop_instance_uid from fresh`,
);
