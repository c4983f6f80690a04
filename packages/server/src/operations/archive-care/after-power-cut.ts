import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import { type Archive, writeDurably } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import { recordProblems } from './problems.ts';
import { type ArchiveProblem, verifyInstance } from './verify.ts';

/** Changes whenever the machine starts (Linux, random(4)). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Longer than a disk takes over one instance, by far. */
const LAST_ARRIVALS_SECONDS = 60;

/**
 * An instance is indexed while the disk takes its file, and its sender is told of success after both. When the machine
 * loses power in between, the index may know a file that is not whole. Looks, once after each start of the machine, at what
 * arrived in the last minute before, and records what is damaged or missing, to be fetched again as anything else that the
 * archive lost; where the sender sends it again, that puts it right too.
 */
export async function checkLastArrivals(
  db: Database,
  archive: Archive,
  bootId = bootOfMachine(),
): Promise<readonly ArchiveProblem[]> {
  const boot = await bootId;
  const file = path.join(archive.dataFolder, 'last-boot');
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (boot !== undefined && before === boot) return [];
  const last = await db
    .selectFrom('instance')
    .select('sha256')
    .where(
      'received_at',
      '>',
      sql<Date>`(select max(received_at) from instance) - make_interval(secs => ${LAST_ARRIVALS_SECONDS})`,
    )
    .orderBy('received_at')
    .execute();
  const problems: ArchiveProblem[] = [];
  for (const { sha256 } of last) {
    const problem = await verifyInstance(db, archive, sha256);
    if (problem !== undefined) problems.push(problem);
  }
  await recordProblems(db, problems);
  if (boot !== undefined) await writeDurably(file, Buffer.from(boot));
  return problems;
}

/** Undefined where the system does not tell: then every start looks. */
async function bootOfMachine(): Promise<string | undefined> {
  return (await readFile(BOOT_ID, 'utf8').catch(() => undefined))?.trim();
}
