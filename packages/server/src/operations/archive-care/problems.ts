import { sql } from 'kysely';
import type { Archive } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import type { ArchiveProblem } from './verify.ts';

/** Keeps what was found, so that the node repairs it and people see it. What was found before stays as it is. */
export async function recordProblems(db: Database, problems: readonly ArchiveProblem[]): Promise<void> {
  for (const { sha256, code, store, detail, instance } of problems) {
    const known =
      instance === undefined
        ? undefined
        : await db
            .selectFrom('instance')
            .select('source')
            .where('sop_instance_uid', '=', instance.sopInstanceUid)
            .executeTakeFirst();
    await db
      .insertInto('archive_problem')
      .values({
        sha256,
        code,
        store,
        detail,
        sop_instance_uid: instance?.sopInstanceUid ?? null,
        series_instance_uid: instance?.seriesInstanceUid ?? null,
        study_instance_uid: instance?.studyInstanceUid ?? null,
        source: known === undefined ? null : JSON.stringify(known.source),
        ended_at: null,
        last_error: null,
      })
      .onConflict((conflict) =>
        conflict
          .column('sha256')
          // Whole in between, and damaged again.
          .doUpdateSet({ code, detail, state: 'open', ended_at: null, attempts: 0, found_at: sql`now()` })
          .where('archive_problem.state', '!=', 'open'),
      )
      .execute();
  }
}

export async function endProblem(
  db: Database,
  sha256: string,
  state: 'repaired' | 'replaced',
): Promise<void> {
  await db
    .updateTable('archive_problem')
    .set({ state, ended_at: sql<Date>`now()`, last_error: null })
    .where('sha256', '=', sha256)
    .where('state', '=', 'open')
    .execute();
}

/**
 * Ends the problems of files that are whole again, because somebody sent them again. A file that is not in its place
 * was set aside, perhaps at this very moment, and is no healed one.
 */
export async function endHealed(
  { db, archive }: { readonly db: Database; readonly archive: Archive },
  part: string,
  found: readonly ArchiveProblem[],
): Promise<void> {
  const open = await db
    .selectFrom('archive_problem')
    .select('sha256')
    .where('state', '=', 'open')
    .where('sha256', 'like', `${part}%`)
    .execute();
  const still = new Set(found.map(({ sha256 }) => sha256));
  const stores = [archive.instances, archive.artifacts, archive.quarantine];
  for (const { sha256 } of open) {
    if (still.has(sha256)) continue;
    const isThere = await Promise.all(stores.map((store) => store.has(sha256)));
    if (isThere.includes(true)) await endProblem(db, sha256, 'repaired');
  }
}

/** Problems that wait for a copy or for somebody. */
export async function openProblems(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('archive_problem')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return Number(count);
}
