import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { PhotopeakError } from '@photopeak/imaging';
import pg from 'pg';
import { type Archive, writeDurably } from '../../archive/index.ts';
import { sealAnchor } from '../../governance/index.ts';
import { backupPath, copyBlob, FILES_OF_DATABASE, STORES, type StoreName } from './copy-blobs.ts';
import { FORMAT, MANIFEST, type Manifest, snapshotsFolder, tableFile } from './manifest.ts';
import { PORTABLE_SETTINGS, quoted, type TableShape, tablesInOrder } from './tables.ts';

export interface BackupOptions {
  /** Address of the database. */
  readonly url: string;
  readonly archive: Archive;
  /** Folder of the backup; the same folder again adds a snapshot and copies only new files. */
  readonly to: string;
  readonly node: string;
  readonly version: string;
  readonly secret?: string | undefined;
  readonly progress?: (text: string) => void;
}

export interface BackupReport {
  readonly snapshot: string;
  readonly at: string;
  readonly rows: number;
  readonly files: number;
  readonly copied: number;
  readonly bytes: number;
  /** Hashes that the database names and that the archive does not have in order: see `archive verify`. */
  readonly missing: readonly string[];
}

const PAGE = 1_000;

/**
 * Copies a node while it works. First one picture of the whole database (one transaction, repeatable read), then
 * every file that this picture refers to: files never change and are never removed, so the two fit together.
 */
export async function createBackup(options: BackupOptions): Promise<BackupReport> {
  const client = new pg.Client({ connectionString: options.url });
  client.on('error', () => undefined); // the query that runs says so
  await client.connect();
  await mkdir(snapshotsFolder(options.to), { recursive: true, mode: 0o700 });
  let folder: string | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(PORTABLE_SETTINGS);
    const at = (await client.query<{ at: Date }>('select now() as at')).rows[0]!.at.toISOString();
    const snapshot = at.replaceAll(/[-:.]/g, '');
    folder = path.join(snapshotsFolder(options.to), snapshot);
    await mkdir(folder, { mode: 0o700 });
    const tables: Manifest['tables'][number][] = [];
    for (const table of await tablesInOrder(client)) {
      options.progress?.(`table ${table.name}`);
      tables.push({ ...table, columns: [...table.columns], ...(await dumpTable(client, table, folder)) });
    }
    const { rows: migrations } = await client.query<{ name: string }>(
      'select name from migration order by name',
    );
    await dumpAnchor(client, folder, at, options.secret);
    const wanted = await wantedFiles(client);
    await client.query('commit');
    const copies = await copyFiles(options, wanted);
    const manifest: Manifest = {
      format: FORMAT,
      version: options.version,
      node: options.node,
      at,
      migrations: migrations.map(({ name }) => name),
      tables,
      files: copies.files,
      bytes: copies.bytes,
    };
    await writeDurably(path.join(folder, MANIFEST), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    return {
      snapshot,
      at,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      files: STORES.reduce((sum, store) => sum + copies.files[store], 0),
      copied: copies.copied,
      bytes: copies.bytes,
      missing: copies.missing,
    };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw asBackupError(error, options.to);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** One line per row: a JSON array of the values as PostgreSQL writes them, null for null. */
async function dumpTable(
  client: pg.Client,
  table: TableShape,
  folder: string,
): Promise<{ readonly rows: number; readonly sha256: string }> {
  const columns = table.columns.map(({ name }) => `${quoted(name)}::text`).join(', ');
  await client.query(
    `declare rows_of_table no scroll cursor for select ${columns} from ${quoted(table.name)}`,
  );
  const digest = createHash('sha256');
  let rows = 0;
  async function* lines() {
    for (;;) {
      const page = await client.query<(string | null)[]>({
        text: `fetch ${PAGE} from rows_of_table`,
        rowMode: 'array',
      });
      if (page.rows.length === 0) return;
      rows += page.rows.length;
      const text = page.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      digest.update(text);
      yield text;
    }
  }
  const file = createWriteStream(tableFile(folder, table.name), { mode: 0o600, flush: true });
  await pipeline(Readable.from(lines()), createGzip({ level: 6 }), file);
  await client.query('close rows_of_table');
  return { rows, sha256: digest.digest('hex') };
}

/** The anchor of the audit trail as of this picture: the node's own may be ahead of it by now. */
async function dumpAnchor(
  client: pg.Client,
  folder: string,
  at: string,
  secret: string | undefined,
): Promise<void> {
  const { rows } = await client.query<{ sequence: string; hash: string }>(
    'select sequence::text, hash from audit_head',
  );
  const head = { sequence: Number(rows[0]!.sequence), hash: rows[0]!.hash, at };
  await writeFile(path.join(folder, 'audit-anchor.json'), `${JSON.stringify(sealAnchor(head, secret))}\n`, {
    mode: 0o600,
  });
}

async function wantedFiles(client: pg.Client): Promise<Record<StoreName, string[]>> {
  const wanted: Record<StoreName, string[]> = { archive: [], artifacts: [], quarantine: [] };
  for (const store of STORES) {
    const { rows } = await client.query<{ sha256: string }>(FILES_OF_DATABASE[store]);
    wanted[store] = rows.map(({ sha256 }) => sha256);
  }
  return wanted;
}

async function copyFiles(options: BackupOptions, wanted: Record<StoreName, string[]>) {
  const { archive, to } = options;
  const stores = { archive: archive.instances, artifacts: archive.artifacts, quarantine: archive.quarantine };
  const files = { archive: 0, artifacts: 0, quarantine: 0 };
  const missing: string[] = [];
  let copied = 0;
  let bytes = 0;
  for (const store of STORES) {
    options.progress?.(`${wanted[store].length} files of ${store}`);
    for (const sha256 of wanted[store]) {
      const blob = await copyBlob(stores[store].pathOf(sha256), backupPath(to, store, sha256), sha256);
      if (blob === undefined) {
        missing.push(sha256);
        continue;
      }
      files[store] += 1;
      bytes += blob.byteLength;
      if (blob.copied) copied += 1;
    }
  }
  return { files, bytes, copied, missing };
}

function asBackupError(error: unknown, where: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EACCES' && code !== 'EROFS' && code !== 'EDQUOT') return error;
  return new PhotopeakError('the backup could not be written', {
    code: 'BACKUP_NOT_WRITTEN',
    where,
    found: code,
    remedy: 'make space or choose another folder; what was copied so far is used by the next backup',
    cause: error,
  });
}
