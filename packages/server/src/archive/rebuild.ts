import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import type { Archive } from './archive.ts';
import { holdSameInstance } from './content-hash.ts';
import { addToIndex } from './index-writer.ts';
import { readInstanceHeader } from './instance-header.ts';

export interface RebuildReport {
  readonly files: number;
  readonly added: number;
  /** Files whose bytes do not have the hash that is their name, or that cannot be read. */
  readonly damaged: readonly { readonly sha256: string; readonly code: string }[];
  /** Index rows whose file is gone. */
  readonly missing: readonly string[];
}

/**
 * Makes the index say what is on disk: every file is read and checked against its name, what the index lacks is
 * added. Rows without a file are reported and stay, so that a disk that is not mounted does not empty the work list.
 */
export async function rebuildIndex(db: Database, archive: Archive): Promise<RebuildReport> {
  let files = 0;
  let added = 0;
  const damaged: { sha256: string; code: string }[] = [];
  const found: { sha256: string; at: Date }[] = [];
  for await (const sha256 of archive.instances.list()) {
    found.push({ sha256, at: (await stat(archive.instances.pathOf(sha256))).mtime });
  }
  // Oldest first: of two data sets under one UID the first one stays what is shown.
  found.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.sha256 < b.sha256 ? -1 : 1));
  for (const { sha256, at } of found) {
    files += 1;
    const file = archive.instances.pathOf(sha256);
    try {
      const hashes = await hashFile(file);
      if (hashes.sha256 !== sha256) {
        damaged.push({ sha256, code: 'ARCHIVE_DAMAGED' });
        continue;
      }
      const header = await readInstanceHeader(file);
      const [outcome] = await db.transaction().execute((transaction) =>
        addToIndex(transaction, [
          {
            header,
            sha256,
            byteLength: hashes.byteLength,
            origin: header.madeByPhotopeak ? 'foreign-result' : 'received',
            source: { kind: 'rebuild' },
            receivedAt: at,
          },
        ]),
      );
      if (outcome?.status === 'stored') added += 1;
      if (outcome?.status === 'taken' && outcome.sha256 !== sha256) {
        // A second copy with other meta information, left by a node that died before it removed it.
        if (await holdSameInstance(archive.instances.pathOf(outcome.sha256), file)) continue;
        const target = archive.quarantine.pathOf(sha256);
        await mkdir(path.dirname(target), { recursive: true, mode: 0o750 });
        await rename(file, target);
        await db
          .insertInto('quarantine')
          .values({
            id: sha256,
            sop_instance_uid: header.sopInstanceUid,
            study_instance_uid: header.study.study_instance_uid,
            sha256,
            byte_length: hashes.byteLength,
            source: JSON.stringify({ kind: 'rebuild' }),
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      }
    } catch (error) {
      damaged.push({ sha256, code: error instanceof PhotopeakError ? error.code : 'ARCHIVE_UNREADABLE' });
    }
  }
  await recordRebuild(db, { files, added, damaged: damaged.length });
  const missing: string[] = [];
  for (const row of await db.selectFrom('instance').select(['sop_instance_uid', 'sha256']).execute()) {
    if (!(await archive.instances.has(row.sha256))) missing.push(row.sop_instance_uid);
  }
  return { files, added, damaged, missing };
}

/** Studies that only the rebuild knows are complete: nobody is sending them, and what runs made of them is lost. */
async function recordRebuild(db: Database, detail: Readonly<Record<string, number>>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('study')
      .set({ state: 'complete', state_reason: 'found in the archive when the index was rebuilt' })
      .where('state', '=', 'receiving')
      .where('settles_at', 'is', null)
      .execute();
    await appendAudit(transaction, [{ kind: 'index-rebuilt', actor: 'node', subject: 'node', detail }]);
  });
}

async function hashFile(file: string): Promise<{ sha256: string; byteLength: number }> {
  const whole = createHash('sha256');
  let byteLength = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    whole.update(chunk as Buffer);
    byteLength += (chunk as Buffer).length;
  }
  return { sha256: whole.digest('hex'), byteLength };
}
