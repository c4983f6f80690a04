import { sql } from 'kysely';
import type { ImageArchive } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { describe, type PriorContext, pauseAfter } from './seek.ts';

const MOST_ATTEMPTS = 20;

/** Studies that are on their way as studies from before: the intake marks their instances, and no route sees them. */
export type PriorsOnTheirWay = Map<string, number>;

/** Fetches one study from before that is due at an archive. @returns 1 when there was one. */
export async function bringNext(
  context: PriorContext & {
    readonly onTheirWay: PriorsOnTheirWay;
    /** Pipelines of the routes that compare with studies from before. */
    readonly comparing?: () => readonly string[];
  },
  archive: ImageArchive,
  signal: AbortSignal,
): Promise<number> {
  const { db, onTheirWay } = context;
  if (!(await hasRoom(db, archive))) return 0;
  const due = await claim(db, archive.name);
  if (due === undefined) return 0;
  const uid = due.study_instance_uid;
  const where = { search: due.search_id, uid };
  try {
    if (!(await isHere(db, uid, due.instance_count))) {
      const open = context.archives.get(archive.name);
      if (open === undefined) return 0;
      onTheirWay.set(uid, (onTheirWay.get(uid) ?? 0) + 1);
      try {
        await open.fetch({ studyInstanceUid: uid, modalities: due.modalities }, signal);
      } finally {
        const left = (onTheirWay.get(uid) ?? 1) - 1;
        if (left > 0) onTheirWay.set(uid, left);
        else onTheirWay.delete(uid);
      }
      await showAsPrior(db, uid);
    }
    await db
      .updateTable('prior')
      .set({ state: 'here', last_error: null, fetched_at: new Date() })
      .where('search_id', '=', where.search)
      .where('study_instance_uid', '=', uid)
      .execute();
    await decideAgain(db, where.search, context.comparing?.() ?? []);
    await announce(db, { kind: 'study', studyInstanceUid: uid, state: 'complete' });
  } catch (error) {
    await db
      .updateTable('prior')
      .set({
        state: due.attempts >= MOST_ATTEMPTS ? 'failed' : 'waiting',
        last_error: describe(error),
        next_attempt_at: pauseAfter(due.attempts),
      })
      .where('search_id', '=', where.search)
      .where('study_instance_uid', '=', uid)
      .execute();
  }
  return 1;
}

/** A study that was decided on before what it is compared with came is decided on once more. */
async function decideAgain(
  db: Database,
  search: number | string,
  comparing: readonly string[],
): Promise<void> {
  if (comparing.length === 0) return;
  await sql`
    update study set settles_at = now()
    where settles_at is null and state <> 'receiving'
      and study_instance_uid in (
        select coalesce(ps.study_instance_uid, o.matched_study) from prior_search ps
        left join imaging_order o on o.id = ps.order_id where ps.id = ${search})
      and not exists (select 1 from run
        where run.study_instance_uid = study.study_instance_uid
          and run.pipeline = any(${[...comparing]}::text[]))`.execute(db);
}

/** What was brought within the last hour counts, whatever it was brought for. */
async function hasRoom(db: Database, archive: ImageArchive): Promise<boolean> {
  const { count } = await db
    .selectFrom('prior')
    .select((eb) => eb.fn.count<number>('study_instance_uid').distinct().as('count'))
    .where('archive', '=', archive.name)
    .where('fetched_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  return count < archive.perHour;
}

function claim(db: Database, archive: string) {
  return db
    .updateTable('prior')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      // Nobody else takes it meanwhile; a process that dies leaves it to the next after this time.
      next_attempt_at: sql<Date>`now() + interval '1 hour'`,
    }))
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('search_id', 'study_instance_uid'),
        'in',
        selectFrom('prior')
          .select(['search_id', 'study_instance_uid'])
          .where('archive', '=', archive)
          .where('state', '=', 'waiting')
          .where('next_attempt_at', '<=', sql<Date>`now()`)
          .orderBy('study_date', 'desc')
          .limit(1)
          .forUpdate()
          .skipLocked()
          .$asTuple('search_id', 'study_instance_uid'),
      ),
    )
    .returningAll()
    .executeTakeFirst();
}

async function isHere(db: Database, uid: string, expected: number | null): Promise<boolean> {
  const { count } = await db
    .selectFrom('instance')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('study_instance_uid', '=', uid)
    .executeTakeFirstOrThrow();
  return count > 0 && expected !== null && count >= expected;
}

/** Nothing is decided of it: it is complete as it came. */
async function showAsPrior(db: Database, uid: string): Promise<void> {
  await db
    .updateTable('study')
    .set({ state: 'complete', state_reason: 'study from before', changed_at: new Date() })
    .where('study_instance_uid', '=', uid)
    .where('state', '=', 'receiving')
    .where('settles_at', 'is', null)
    .execute();
}
