import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { openProblems } from './archive-care/index.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const MEGABYTE = 1024 * 1024;

/** What an administrator looks at first. Each check says what it found, also when it is well. */
export async function checkHealth(context: {
  readonly db: Database;
  readonly archive: Archive;
  readonly configuration: Configuration;
  readonly livingWorkers: () => number;
}): Promise<Check[]> {
  const { db, archive, configuration } = context;
  return Promise.all([
    check('database', async () => {
      await sql`select 1`.execute(db);
      return 'answers';
    }),
    check('archive', async () => {
      const { bavail, bsize } = await statfs(archive.instances.folder);
      const free = Math.floor((bavail * bsize) / MEGABYTE);
      if (free < configuration.archive.reserveMegabytes)
        throw new Error(`${free} MB free, below the reserve`);
      return `${free} MB free`;
    }),
    check('archive content', async () => {
      const open = await openProblems(db);
      if (open > 0) throw new Error(`${open} files are damaged or lost: photopeak archive verify`);
      return 'nothing damaged is known';
    }),
    check('workers', async () => {
      const living = context.livingWorkers();
      const wanted = configuration.workflow.workers;
      if (living < wanted) throw new Error(`${living} of ${wanted} running`);
      return `${living} of ${wanted} running`;
    }),
    check('deliveries', async () => {
      const row = await db
        .selectFrom('outbox')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '=', 'failed')
        .executeTakeFirstOrThrow();
      if (row.count > 0) throw new Error(`${row.count} failed and wait for somebody`);
      return 'none failed';
    }),
    check('alerts', async () => {
      const rows = await db
        .selectFrom('alert')
        .select(['kind', (eb) => eb.fn.countAll<number>().as('count')])
        .where('resolved_at', 'is', null)
        .where('acknowledged_at', 'is', null)
        .groupBy('kind')
        .orderBy('kind')
        .execute();
      if (rows.length > 0) throw new Error(rows.map(({ kind, count }) => `${count} ${kind}`).join(', '));
      return 'none open';
    }),
  ]);
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
