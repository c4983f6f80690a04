import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Archive } from '../../archive/index.ts';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { endHealed, recordProblems } from './problems.ts';
import { type ArchiveProblem, verifyArchive } from './verify.ts';

/** Files lie in so many folders, by the first two digits of their hash; one after the other is read. */
const PARTS = 256;
const LEASE_SECONDS = 600;
const RENEW_MS = 60_000;
const MEGABYTE = 1_000_000;

export interface ScrubReport {
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly ArchiveProblem[];
}

/**
 * Reads the next 256th of the archive when a pass is due, no faster than the configuration says, and records what is
 * wrong. Of several nodes on one database one reads; where it was is kept, so that a start goes on from there.
 * @returns undefined where nothing is due
 */
export async function scrubNext(
  context: {
    readonly db: Database;
    readonly archive: Archive;
    readonly settings: Configuration['archive']['scrub'];
  },
  signal: AbortSignal,
): Promise<ScrubReport | undefined> {
  const { db, archive, settings } = context;
  if (settings.everyDays === 0) return undefined;
  const { rows } = await sql<{ next_part: number }>`
    update archive_scrub set leased_until = now() + make_interval(secs => ${LEASE_SECONDS}),
      started_at = case when next_part = 0 then now() else started_at end
    where leased_until <= now()
      and (next_part > 0 or started_at is null
        or started_at < now() - make_interval(secs => ${settings.everyDays * 86_400}))
    returning next_part`.execute(db);
  const [due] = rows;
  if (due === undefined) return undefined;
  const part = due.next_part.toString(16).padStart(2, '0');
  const renew = (seconds: number) =>
    sql`update archive_scrub set leased_until = now() + make_interval(secs => ${seconds})`.execute(db);
  const begun = performance.now();
  let renewedAt = begun;
  let read = 0;
  try {
    const { files, bytes, problems } = await verifyArchive({
      db,
      archive,
      part,
      async pace(more) {
        signal.throwIfAborted();
        read += more;
        const dueMs = (read / (settings.megabytesPerSecond * MEGABYTE)) * 1000;
        const aheadMs = dueMs - (performance.now() - begun);
        if (aheadMs > 1) await pause(aheadMs, undefined, { signal });
        if (performance.now() - renewedAt < RENEW_MS) return;
        renewedAt = performance.now();
        await renew(LEASE_SECONDS);
      },
    });
    await recordProblems(db, problems);
    await endHealed({ db, archive }, part, problems);
    const next = (due.next_part + 1) % PARTS;
    await sql`update archive_scrub set next_part = ${next}, leased_until = now(),
      finished_at = case when ${next} = 0 then now() else finished_at end`.execute(db);
    return { files, bytes, problems };
  } catch (error) {
    // The next turn, of this node or another, reads the same part.
    await renew(0).catch(() => undefined);
    throw error;
  }
}
