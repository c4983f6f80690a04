import { createHash } from 'node:crypto';
import { mkdir, opendir, open as openFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { type BlobLimits, type BlobWriter, beginBlob } from './blob-writer.ts';
import { syncFolder } from './durable.ts';
import { adoptOldLayout } from './old-layout.ts';
import { blobPath } from './writer-protocol.ts';
import type { WriterThreads } from './writer-threads.ts';

/** Files named by the SHA-256 of their bytes, in 256 folders; never changed once they have their name. */
export interface BlobStore {
  readonly folder: string;
  /** Where the bytes with this hash are, or would be. */
  pathOf(sha256: string): string;
  /** Begins a temporary file; nothing of it is visible until `keep`. */
  begin(): BlobWriter;
  /** Stores bytes durably and returns their hash. */
  put(bytes: Uint8Array): Promise<string>;
  has(sha256: string): Promise<boolean>;
  /** All hashes that have a file, or those that begin with these two digits; in no order. */
  list(part?: string): AsyncIterable<string>;
  /** Removes temporary files that a killed process left. Only while nobody writes. */
  sweep(): Promise<number>;
}

const NAME = /^[0-9a-f]{64}$/;

export async function openBlobStore(
  folder: string,
  limits: BlobLimits,
  threads: WriterThreads,
): Promise<BlobStore> {
  const temporary = path.join(folder, 'incoming');
  await mkdir(temporary, { recursive: true, mode: 0o750 });
  const pathOf = (sha256: string) => blobPath(folder, sha256);
  await makeFolders(folder);
  await adoptOldLayout(folder);
  const begin = () => beginBlob({ folder, temporary, limits, threads });

  return {
    folder,
    pathOf,
    begin,
    async put(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (await keepPresent(pathOf(sha256), bytes.byteLength)) return sha256;
      const writer = begin();
      try {
        await writer.write([bytes]);
        await (await writer.keep()).durable;
        return sha256;
      } catch (error) {
        await writer.discard();
        throw error;
      }
    },
    has: async (sha256) => (await stat(pathOf(sha256)).catch(() => undefined)) !== undefined,
    async *list(part) {
      for (const first of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(first) || (part !== undefined && first !== part)) continue;
        for await (const entry of await opendir(path.join(folder, first))) {
          if (NAME.test(entry.name)) yield entry.name;
        }
      }
    },
    async sweep() {
      const left = await readdir(temporary);
      for (const name of left) await rm(path.join(temporary, name), { force: true });
      return left.length;
    },
  };
}

/** Whether the bytes are there already, and then durable: another may have named them and still wait for the disk. */
async function keepPresent(file: string, byteLength: number): Promise<boolean> {
  const handle = await openFile(file, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    if ((await handle.stat()).size !== byteLength) return false;
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(path.dirname(file));
  return true;
}

/** All folders at once, so that storing an instance never makes one: each would cost two more syncs. */
async function makeFolders(folder: string): Promise<void> {
  const present = new Set(await readdir(folder));
  const names = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
  const missing = names.filter((name) => !present.has(name));
  await Promise.all(missing.map((name) => mkdir(path.join(folder, name), { recursive: true, mode: 0o750 })));
  // Also where none is missing: the process that made them may have died before this.
  await syncFolder(folder);
}

/** True for every way a file system says that it is full. */
export function isNoSpace(error: unknown): boolean {
  if (error instanceof PhotopeakError) return error.code === 'STORE_NO_SPACE';
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
