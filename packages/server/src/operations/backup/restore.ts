import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { PhotopeakError } from '@photopeak/imaging';
import pg from 'pg';
import type { Archive } from '../../archive/index.ts';
import { migrate } from '../../database/index.ts';
import { backupPath, copyBlob, FILES_OF_DATABASE, STORES } from './copy-blobs.ts';
import { type Manifest, readManifest, tableFile } from './manifest.ts';
import { PORTABLE_SETTINGS, quoted } from './tables.ts';

export interface RestoreOptions {
  /** Address of an empty database. */
  readonly url: string;
  /** Archive of the node that is made; may hold files already. */
  readonly archive: Archive;
  readonly from: string;
  /** Name of a snapshot; default: the newest. */
  readonly snapshot?: string | undefined;
  /** Brings the workflow engine's tables up to date. */
  readonly migrateEngine: () => Promise<void>;
  readonly progress?: (text: string) => void;
}

export interface RestoreReport {
  readonly at: string;
  readonly rows: number;
  readonly files: number;
  /** Runs that were not finished and start again. */
  readonly runsToRepeat: number;
  /** Hashes that neither the backup nor the archive has in order. */
  readonly missing: readonly string[];
}

const BATCH = 500;

/**
 * Makes a node from a backup: tables as they were, in one transaction, then the newer migrations, then the files,
 * each compared with its hash.
 * @throws PhotopeakError RESTORE_NO_BACKUP, RESTORE_DAMAGED, RESTORE_NOT_EMPTY, RESTORE_TOO_NEW
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const [folder, manifest] = await readManifest(options.from, options.snapshot);
  await requireEmpty(options.url);
  const applied = await migrate(options.url, undefined, { only: new Set(manifest.migrations) });
  requireKnown(manifest, applied);
  const client = new pg.Client({ connectionString: options.url });
  client.on('error', () => undefined); // the query that runs says so
  await client.connect();
  let runsToRepeat: number;
  try {
    await client.query('begin');
    await client.query(PORTABLE_SETTINGS);
    // What the migrations put in themselves is in the backup too.
    for (const { name } of [...manifest.tables].reverse()) await client.query(`delete from ${quoted(name)}`);
    for (const table of manifest.tables) {
      options.progress?.(`table ${table.name}`);
      await loadTable(client, table, folder);
    }
    await continueIdentities(client);
    runsToRepeat = await repeatUnfinished(client);
    await client.query('commit');
  } finally {
    await client.end();
  }
  await migrate(options.url, options.migrateEngine);
  const files = await copyFiles(options);
  await copyFile(
    path.join(folder, 'audit-anchor.json'),
    path.join(options.archive.dataFolder, 'audit-anchor.json'),
  );
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  return { at: manifest.at, rows, runsToRepeat, ...files };
}

/** A restore never mixes two nodes. */
async function requireEmpty(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind = 'r' order by relname`,
    );
    if (rows.length === 0) return;
    throw new PhotopeakError('the database to restore into is not empty', {
      code: 'RESTORE_NOT_EMPTY',
      expected: 'a database without tables',
      found: `${rows.length} tables`,
      remedy: 'name a new data folder with --data, or an empty database with DATABASE_URL',
    });
  } finally {
    await client.end();
  }
}

function requireKnown(manifest: Manifest, applied: readonly string[]): void {
  const unknown = manifest.migrations.filter((name) => !applied.includes(name));
  if (unknown.length === 0) return;
  throw new PhotopeakError('the backup was written by a newer Photopeak', {
    code: 'RESTORE_TOO_NEW',
    expected: `at least version ${manifest.version}`,
    found: `no migration ${unknown.join(', ')}`,
    remedy: 'restore with the version that wrote it, into a new data folder',
  });
}

async function loadTable(
  client: pg.Client,
  table: Manifest['tables'][number],
  folder: string,
): Promise<void> {
  const file = tableFile(folder, table.name);
  const names = table.columns.map(({ name }) => quoted(name)).join(', ');
  const values = table.columns.map(({ type }, index) => `c${index}::${type}`).join(', ');
  const arrays = table.columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const aliases = table.columns.map((_, index) => `c${index}`).join(', ');
  const insert = `insert into ${quoted(table.name)} (${names}) overriding system value
    select ${values} from unnest(${arrays}) as t(${aliases})`;
  const digest = createHash('sha256');
  let rows = 0;
  let batch: (string | null)[][] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await client.query(
      insert,
      table.columns.map((_, column) => batch.map((row) => row[column] ?? null)),
    );
    rows += batch.length;
    batch = [];
  };
  try {
    for await (const line of linesOf(file)) {
      digest.update(`${line}\n`);
      batch.push(JSON.parse(line) as (string | null)[]);
      if (batch.length === BATCH) await flush();
    }
    await flush();
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? cause.message.split('\n')[0]! : 'it cannot be read', cause);
  }
  if (rows !== table.rows) throw damaged(file, `${rows} rows instead of ${table.rows}`);
  if (digest.digest('hex') !== table.sha256) throw damaged(file, 'other bytes than were written');
}

/** Lines end with a line feed and with nothing else: a value may hold any other separator of lines. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const text = createReadStream(file).on('error', (error) => unzipped.destroy(error));
  const unzipped = createGunzip();
  text.pipe(unzipped);
  let rest = '';
  for await (const chunk of unzipped.setEncoding('utf8')) {
    const lines = `${rest}${chunk as string}`.split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

function damaged(where: string, found: string, cause?: unknown): PhotopeakError {
  return new PhotopeakError('a table of the backup is damaged', {
    code: 'RESTORE_DAMAGED',
    where,
    found,
    remedy: 'choose an older snapshot with --snapshot, into a new data folder; the files are not affected',
    cause,
  });
}

/** Numbers that the database gives go on after the highest one restored. */
async function continueIdentities(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(`
    select c.relname as table, a.attname as column from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attidentity <> ''`);
  for (const { table, column } of rows) {
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max(${quoted(column)}), 0) + 1 from ${quoted(table)}), false)`,
      [quoted(table), column],
    );
  }
}

/** Intermediate data is not in a backup: runs begin anew. UIDs derive from the run, so nothing comes twice. */
async function repeatUnfinished(client: pg.Client): Promise<number> {
  await client.query(`delete from run_step where run_id in (
    select id from run where state in ('queued', 'running'))`);
  const { rowCount } = await client.query(`
    update run set state = 'queued', handed_over = false, started_at = null
    where state in ('queued', 'running')`);
  await client.query(`update outbox set state = 'waiting', held_by = null where state = 'sending'`);
  return rowCount ?? 0;
}

async function copyFiles(
  options: RestoreOptions,
): Promise<{ readonly files: number; readonly missing: string[] }> {
  const { archive, from, url } = options;
  const stores = { archive: archive.instances, artifacts: archive.artifacts, quarantine: archive.quarantine };
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const missing: string[] = [];
  let files = 0;
  try {
    for (const store of STORES) {
      const { rows } = await client.query<{ sha256: string }>(FILES_OF_DATABASE[store]);
      options.progress?.(`${rows.length} files of ${store}`);
      for (const { sha256 } of rows) {
        const target = stores[store].pathOf(sha256);
        const blob = await copyBlob(backupPath(from, store, sha256), target, sha256);
        const isThere = blob !== undefined && (await stat(target).catch(() => undefined)) !== undefined;
        if (isThere) files += 1;
        else missing.push(sha256);
      }
    }
  } finally {
    await client.end();
  }
  return { files, missing };
}
