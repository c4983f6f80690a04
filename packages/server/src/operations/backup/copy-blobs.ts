import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile } from '../archive-care/hash-file.ts';

export const STORES = ['archive', 'artifacts', 'quarantine'] as const;
export type StoreName = (typeof STORES)[number];

/** The hashes that a database names, by store. A run reads what it was decided on, also where the index went on. */
export const FILES_OF_DATABASE: Record<StoreName, string> = {
  archive: `
    select sha256 from instance
    union select item->>'sha256' from run, jsonb_array_elements(input) as item
    union select sha256 from result where kind = 'dicom'
    union select sha256 from outbox
    order by 1`,
  artifacts: `
    select sha256 from result where kind <> 'dicom'
    union select file->>'sha256' from model, jsonb_array_elements(files) as file
    union select picture from reader_study_case, jsonb_array_elements_text(pictures->'a' || pictures->'b') as picture
    order by 1`,
  quarantine: 'select distinct sha256 from quarantine order by 1',
};

/** Where a backup keeps the bytes with this hash. */
export const backupPath = (backup: string, store: StoreName, sha256: string): string =>
  path.join(backup, store, sha256.slice(0, 2), sha256);

export interface CopiedBlob {
  /** False when it was there already, with the right bytes. */
  readonly copied: boolean;
  readonly byteLength: number;
}

/**
 * Copies bytes under their hash, never half and never other bytes: the copy is hashed before it gets its name.
 * @returns undefined when the source is gone or does not have its hash.
 */
export async function copyBlob(from: string, to: string, sha256: string): Promise<CopiedBlob | undefined> {
  const source = await stat(from).catch(() => undefined);
  const present = await stat(to).catch(() => undefined);
  if (present !== undefined && (source === undefined || present.size === source.size)) {
    return { copied: false, byteLength: present.size };
  }
  if (source === undefined) return undefined;
  await mkdir(path.dirname(to), { recursive: true, mode: 0o750 });
  const temporary = `${to}.part`;
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE);
    const found = await hashFile(temporary);
    if (found.sha256 !== sha256) return undefined;
    await sync(temporary);
    await rename(temporary, to);
    return { copied: true, byteLength: found.byteLength };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
