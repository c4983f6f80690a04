import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import { type Archive, type BlobStore, readInstanceHeader } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';
import { hashFile } from './hash-file.ts';

/** What is wrong with one file, or with one row of the index. */
export type ArchiveProblemCode =
  /** The bytes do not have the hash that is their name. */
  | 'ARCHIVE_DAMAGED'
  /** The file cannot be read, or is not a whole instance. */
  | 'ARCHIVE_UNREADABLE'
  /** The file is whole and says other identifiers than the index. */
  | 'ARCHIVE_DISAGREES'
  /** The index knows it, the disk does not have it. */
  | 'ARCHIVE_MISSING';

export interface ArchiveProblem {
  readonly code: ArchiveProblemCode;
  readonly store: 'archive' | 'artifacts' | 'quarantine';
  readonly sha256: string;
  readonly detail: string;
  /** What the index knows of it; absent where the index does not know the file. */
  readonly instance?: {
    readonly sopInstanceUid: string;
    readonly seriesInstanceUid: string;
    readonly studyInstanceUid: string;
    readonly origin: string;
  };
  /** Where a good copy may be: who sent it, and the destinations that acknowledged it. */
  readonly copies: readonly string[];
  /** The run that made it and can make it again. */
  readonly runId?: string;
  /** Where the damaged file was moved to. */
  readonly movedTo?: string;
}

export interface ArchiveVerification {
  readonly ok: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly ArchiveProblem[];
  /** Whole instances that the index does not know; `archive rebuild` adds them. */
  readonly unindexed: readonly string[];
}

export interface VerifyOptions {
  readonly db: Database;
  readonly archive: Archive;
  /**
   * Moves damaged instances below `damaged/` of the data folder and takes them out of the index, so that the sender
   * can send them again. Without it nothing is changed.
   */
  readonly setAside?: boolean;
  readonly progress?: (files: number) => void;
  /** Only files whose hash begins with these two hexadecimal digits. */
  readonly part?: string;
  /** Called with the number of bytes that were read; waits where reading is to be slow. */
  readonly pace?: (bytes: number) => Promise<void>;
}

const STORES = { archive: 'instances', artifacts: 'artifacts', quarantine: 'quarantine' } as const;
type StoreName = keyof typeof STORES;

/**
 * Reads every file of the archive, compares its bytes with the hash that is its name, parses each instance, and
 * compares both ways with the index. The node may run meanwhile: what arrives during the check is not reported.
 */
export async function verifyArchive(options: VerifyOptions): Promise<ArchiveVerification> {
  const { db, archive } = options;
  let files = 0;
  let bytes = 0;
  const problems: ArchiveProblem[] = [];
  const unindexed: string[] = [];
  for (const name of Object.keys(STORES) as StoreName[]) {
    const store = archive[STORES[name]];
    for await (const sha256 of store.list(options.part)) {
      files += 1;
      options.progress?.(files);
      const checked = await checkFile(db, store, name, sha256, options.pace);
      bytes += checked.bytes;
      if (checked.isUnindexed) unindexed.push(sha256);
      if (checked.problem === undefined) continue;
      problems.push(
        options.setAside === true && name === 'archive'
          ? { ...checked.problem, movedTo: await setAside(db, archive, checked.problem) }
          : checked.problem,
      );
    }
  }
  problems.push(...(await missingFiles(db, archive, options.part)));
  return { ok: problems.length === 0, files, bytes, problems, unindexed };
}

/** One instance of the index and its file. */
export async function verifyInstance(
  db: Database,
  archive: Archive,
  sha256: string,
): Promise<ArchiveProblem | undefined> {
  if (await archive.instances.has(sha256)) {
    return (await checkFile(db, archive.instances, 'archive', sha256)).problem;
  }
  return missing('archive', sha256, await knownOf(db, 'archive', sha256));
}

const missing = (
  store: StoreName,
  sha256: string,
  known: Pick<ArchiveProblem, 'instance' | 'copies' | 'runId'>,
): ArchiveProblem => ({ code: 'ARCHIVE_MISSING', store, sha256, detail: 'the file is not there', ...known });

interface Checked {
  readonly bytes: number;
  readonly isUnindexed: boolean;
  readonly problem?: ArchiveProblem;
}

async function checkFile(
  db: Database,
  store: BlobStore,
  name: StoreName,
  sha256: string,
  pace?: (bytes: number) => Promise<void>,
): Promise<Checked> {
  const file = store.pathOf(sha256);
  const wrong = async (code: ArchiveProblemCode, detail: string, bytes = 0): Promise<Checked> => ({
    bytes,
    isUnindexed: false,
    problem: { code, store: name, sha256, detail, ...(await knownOf(db, name, sha256)) },
  });
  let found: Awaited<ReturnType<typeof hashFile>>;
  try {
    found = await hashFile(file, pace);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Between listing and reading a file may have become the second copy of an instance and been removed.
    if (code === 'ENOENT') return { bytes: 0, isUnindexed: false };
    return wrong('ARCHIVE_UNREADABLE', `the disk answers ${code ?? 'with an error'}`);
  }
  const { byteLength } = found;
  if (found.sha256 !== sha256) {
    return wrong('ARCHIVE_DAMAGED', `its ${byteLength} bytes have the hash ${found.sha256}`, byteLength);
  }
  if (name === 'artifacts') return { bytes: byteLength, isUnindexed: false };
  try {
    const header = await readInstanceHeader(file);
    if (name === 'quarantine') return { bytes: byteLength, isUnindexed: false };
    const rows = await db.selectFrom('instance').selectAll().where('sha256', '=', sha256).execute();
    const row = rows[0];
    const isOther =
      row !== undefined &&
      (row.sop_instance_uid !== header.sopInstanceUid ||
        row.study_instance_uid !== header.study.study_instance_uid ||
        row.series_instance_uid !== header.series.series_instance_uid ||
        row.byte_length !== byteLength);
    if (isOther) return wrong('ARCHIVE_DISAGREES', 'the index has other identifiers for it', byteLength);
    return { bytes: byteLength, isUnindexed: row === undefined && !(await isYoung(file)) };
  } catch (error) {
    const code = error instanceof PhotopeakError ? error.code : 'an unexpected error';
    return wrong('ARCHIVE_UNREADABLE', `its header cannot be read: ${code}`, byteLength);
  }
}

/** A file gets its name a moment before its row is committed. */
const YOUNG_MS = 5 * 60_000;

async function isYoung(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined || Date.now() - found.mtimeMs < YOUNG_MS;
}

export async function knownOf(
  db: Database,
  store: StoreName,
  sha256: string,
): Promise<Pick<ArchiveProblem, 'instance' | 'copies' | 'runId'>> {
  const result = await db
    .selectFrom('result')
    .select('run_id')
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  const runId = result === undefined ? {} : { runId: result.run_id };
  if (store !== 'archive') return { copies: [], ...runId };
  const row = await db.selectFrom('instance').selectAll().where('sha256', '=', sha256).executeTakeFirst();
  if (row === undefined) return { copies: [], ...runId };
  const delivered = await db
    .selectFrom('outbox')
    .select('destination')
    .where('sop_instance_uid', '=', row.sop_instance_uid)
    .where('state', 'in', ['stored', 'acknowledged'])
    .execute();
  return {
    instance: {
      sopInstanceUid: row.sop_instance_uid,
      seriesInstanceUid: row.series_instance_uid,
      studyInstanceUid: row.study_instance_uid,
      origin: row.origin,
    },
    copies: [...senderOf(row.source), ...delivered.map(({ destination }) => `destination ${destination}`)],
    ...runId,
  };
}

function senderOf(source: unknown): string[] {
  const { kind, callingAeTitle, address, folder } = source as Readonly<Record<string, string | undefined>>;
  if (kind === 'dimse') return [`sender ${callingAeTitle} at ${address}`];
  if (kind === 'dicomweb') return [`sender at ${address}`];
  if (kind === 'folder') return [`folder ${folder}`];
  return [];
}

async function missingFiles(db: Database, archive: Archive, part = ''): Promise<ArchiveProblem[]> {
  const problems: ArchiveProblem[] = [];
  const ask = async (store: StoreName, hashes: readonly { readonly sha256: string }[]) => {
    for (const { sha256 } of hashes) {
      if (await archive[STORES[store]].has(sha256)) continue;
      const known = await knownOf(db, store, sha256);
      problems.push(missing(store, sha256, known));
    }
  };
  const here = (table: 'instance' | 'result' | 'quarantine') =>
    db.selectFrom(table).select('sha256').where('sha256', 'like', `${part}%`).distinct().orderBy('sha256');
  await ask('archive', await here('instance').execute());
  await ask(
    'artifacts',
    await here('result')
      .where((eb) => eb.or([eb('kind', '!=', 'dicom'), eb('held_phase', 'is not', null)]))
      .execute(),
  );
  const ofModels = sql<{ sha256: string }>`
    select distinct file->>'sha256' as sha256 from model, jsonb_array_elements(files) as file
    where file->>'sha256' like ${`${part}%`} order by 1`;
  await ask('artifacts', (await ofModels.execute(db)).rows);
  const ofReaderStudies = sql<{ sha256: string }>`
    select distinct picture as sha256
    from reader_study_case, jsonb_array_elements_text(pictures->'a' || pictures->'b') as picture
    where picture like ${`${part}%`} order by 1`;
  await ask('artifacts', (await ofReaderStudies.execute(db)).rows);
  await ask('quarantine', await here('quarantine').execute());
  return problems;
}

/**
 * The damaged bytes are kept as evidence. The row goes with what was still owed of it, so that the instance is new
 * when it is sent again; the audit trail says what happened.
 */
export async function setAside(
  db: Database,
  archive: Archive,
  problem: Pick<ArchiveProblem, 'sha256' | 'code' | 'instance'>,
): Promise<string> {
  const { sha256, instance, code } = problem;
  const folder = path.join(archive.dataFolder, 'damaged');
  const movedTo = path.join(folder, sha256);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  await db.transaction().execute(async (transaction) => {
    if (instance !== undefined) {
      await transaction
        .deleteFrom('outbox')
        .where('sop_instance_uid', '=', instance.sopInstanceUid)
        .where('state', 'in', ['waiting', 'failed'])
        .execute();
      await transaction.deleteFrom('instance').where('sha256', '=', sha256).execute();
    }
    await transaction.deleteFrom('instance_metadata').where('sha256', '=', sha256).execute();
    await appendAudit(transaction, [
      {
        kind: 'archive-damaged',
        actor: 'node',
        subject: instance === undefined ? 'node' : `study:${instance.studyInstanceUid}`,
        detail: { code, sha256, instance: instance?.sopInstanceUid ?? null },
      },
    ]);
    // Last: a move that fails leaves the index as it was.
    await rename(archive.instances.pathOf(sha256), movedTo).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  });
  return movedTo;
}
