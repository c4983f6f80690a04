import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrationNames } from '../../database/index.ts';
import { type DoctorFinding, ok, problem, warning } from './finding.ts';

const CLOCK_WARNING_MS = 2_000;
const SLOW_MS = 50;

/** Has a node ever worked in this folder? A look must not make one. */
export async function wasStarted(dataFolder: string): Promise<boolean> {
  return (await readdir(path.join(dataFolder, 'archive')).catch(() => undefined)) !== undefined;
}

/** The database of a node: version, tables, clock, and what waits in it. */
export async function checkDatabase(url: string): Promise<DoctorFinding[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const started = performance.now();
    const before = Date.now();
    const { rows } = await client.query<{ version: string; at: Date }>(
      `select current_setting('server_version') as version, clock_timestamp() as at`,
    );
    const took = performance.now() - started;
    const { version, at } = rows[0]!;
    const found = `PostgreSQL ${version}, answers in ${took.toFixed(1)} ms`;
    const database =
      took <= SLOW_MS
        ? ok('database', found)
        : warning('database', found, 'bring it nearer: each instance waits for a commit');
    const findings = [database, checkClock(at.getTime() - (before + took / 2))];
    const known = await migrationNames();
    const present = await client.query("select to_regclass('public.migration') as found");
    if (present.rows[0].found === null) {
      return [...findings, ok('tables', 'none yet; the first start makes them')];
    }
    findings.push(await checkTables(client, known));
    if (findings.at(-1)?.state !== 'ok') return findings;
    return [...findings, ...(await checkBacklog(client))];
  } finally {
    await client.end();
  }
}

function checkClock(difference: number): DoctorFinding {
  const found = `${Math.abs(difference / 1000).toFixed(1)} s ${difference < 0 ? 'behind' : 'ahead of'} ours`;
  return Math.abs(difference) <= CLOCK_WARNING_MS
    ? ok('clock of the database', found)
    : warning('clock of the database', found, 'let both machines follow the same time server (NTP)');
}

async function checkTables(client: pg.Client, known: readonly string[]): Promise<DoctorFinding> {
  const { rows } = await client.query<{ name: string }>('select name from migration');
  const done = new Set(rows.map(({ name }) => name));
  const newer = [...done].filter((name) => !known.includes(name));
  if (newer.length > 0) {
    return problem(
      'tables',
      `written by a newer version (${newer.join(', ')})`,
      'install that version again',
    );
  }
  const pending = known.filter((name) => !done.has(name));
  return pending.length === 0
    ? ok('tables', `${done.size} migrations, up to date`)
    : warning('tables', `${pending.length} migrations to come`, 'back up; the next start applies them');
}

/** What waits for a person. */
async function checkBacklog(client: pg.Client): Promise<DoctorFinding[]> {
  const count = async (query: string) =>
    (await client.query<{ count: number }>(`select count(*)::int as count ${query}`)).rows[0]!.count;
  const [failed, waiting, runs, apart] = [
    await count("from outbox where state = 'failed'"),
    await count("from outbox where state in ('waiting', 'sending', 'stored')"),
    await count("from run where state = 'failed'"),
    await count('from quarantine'),
  ];
  const line = (name: string, number: number, found: string, todo: string) =>
    number === 0 ? ok(name, found) : warning(name, found, todo);
  return [
    line(
      'deliveries',
      failed,
      `${failed} given up, ${waiting} waiting`,
      'correct the destination, then send again in the administration of the workspace',
    ),
    line('runs', runs, `${runs} failed`, 'look at each in the work list; its reason says what to do'),
    line(
      'quarantine',
      apart,
      `${apart} instances under a UID that was taken`,
      'find out why a sender uses a UID twice',
    ),
  ];
}
