import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PhotopeakError } from '@photopeak/imaging';
import pg from 'pg';

const folder = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any fixed number; only one process migrates at a time. */
export const MIGRATION_LOCK = 7_036_811;
const OLDEST_SERVER = 150_000;

/** Names of all migrations of this version, in order. */
export async function migrationNames(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}

/**
 * Brings the schema up to date: numbered plain SQL, each file in one transaction, all under one advisory lock.
 * `also` runs under the same lock (the workflow engine's own tables). `only` names the files to apply, for a restore
 * that first needs the tables as they were.
 * @returns the names of the files that were applied.
 */
export async function migrate(
  url: string,
  also?: () => Promise<void>,
  options: { readonly only?: ReadonlySet<string> } = {},
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const applied: string[] = [];
  try {
    const version = Number((await client.query('show server_version_num')).rows[0].server_version_num);
    if (version < OLDEST_SERVER) {
      throw new PhotopeakError('this PostgreSQL is too old', {
        code: 'DATABASE_TOO_OLD',
        expected: 'PostgreSQL 15 or newer',
        found: String(version),
      });
    }
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'create table if not exists migration (name text primary key, applied_at timestamptz not null default now())',
    );
    const done = new Set(
      (await client.query('select name from migration')).rows.map((row) => row.name as string),
    );
    const files = await migrationNames();
    const newest = files.at(-1) ?? '';
    const unknown = [...done].filter((name) => !files.includes(name));
    if (unknown.length > 0) {
      throw new PhotopeakError('the database was written by a newer Photopeak', {
        code: 'DATABASE_TOO_NEW',
        expected: `migrations up to ${newest}`,
        found: unknown.join(', '),
        remedy: 'install that version again; a database is never taken back',
      });
    }
    for (const name of files) {
      if (done.has(name) || options.only?.has(name) === false) continue;
      await client.query('begin');
      await client.query(await readFile(`${folder}/${name}`, 'utf8'));
      await client.query('insert into migration (name) values ($1)', [name]);
      await client.query('commit');
      applied.push(name);
    }
    await also?.();
    return applied;
  } finally {
    // Ending the session gives the lock back and rolls back what was not committed.
    await client.end();
  }
}
