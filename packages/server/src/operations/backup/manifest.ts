import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { z } from 'zod';

export const FORMAT = 1;

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.string(),
  node: z.string(),
  /** When the picture of the database was taken. */
  at: z.string(),
  /** Migrations that the tables had. */
  migrations: z.array(z.string()),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
      rows: z.int(),
      sha256: z.string(),
    }),
  ),
  /** Files that the picture refers to, by store. */
  files: z.strictObject({ archive: z.int(), artifacts: z.int(), quarantine: z.int() }),
  bytes: z.int(),
});

/** Written last: a snapshot without it was interrupted and is not one. */
export type Manifest = z.infer<typeof manifestSchema>;

export const MANIFEST = 'manifest.json';
export const snapshotsFolder = (backup: string): string => path.join(backup, 'snapshots');
export const tableFile = (snapshot: string, table: string): string =>
  path.join(snapshot, `${table}.jsonl.gz`);

/** Snapshots of a backup that are complete, oldest first. */
async function snapshotsOf(backup: string): Promise<string[]> {
  const names = await readdir(snapshotsFolder(backup)).catch(() => []);
  const complete: string[] = [];
  for (const name of names.sort()) {
    const manifest = path.join(snapshotsFolder(backup), name, MANIFEST);
    if ((await stat(manifest).catch(() => undefined)) !== undefined) complete.push(name);
  }
  return complete;
}

/** @throws PhotopeakError RESTORE_NO_BACKUP, RESTORE_DAMAGED */
export async function readManifest(
  backup: string,
  snapshot: string | undefined,
): Promise<[string, Manifest]> {
  const complete = await snapshotsOf(backup);
  const name = snapshot ?? complete.at(-1);
  if (name === undefined || !complete.includes(name)) {
    throw new PhotopeakError('there is no such backup', {
      code: 'RESTORE_NO_BACKUP',
      where: backup,
      expected: name === undefined ? 'a folder that photopeak backup wrote to' : `the snapshot ${name}`,
      found: complete.length === 0 ? 'no complete snapshot' : complete.join(', '),
    });
  }
  const folder = path.join(snapshotsFolder(backup), name);
  try {
    return [folder, manifestSchema.parse(JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8')))];
  } catch (cause) {
    throw new PhotopeakError('the manifest of the backup cannot be read', {
      code: 'RESTORE_DAMAGED',
      where: path.join(folder, MANIFEST),
      remedy: 'choose an older snapshot with --snapshot',
      cause,
    });
  }
}
