import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { syncFolder } from './durable.ts';

/** Files named by the SHA-256 of their bytes, in two levels of folders; never changed once they have their name. */
export interface BlobStore {
  readonly folder: string;
  /** Where the bytes with this hash are, or would be. */
  pathOf(sha256: string): string;
  /** Opens a temporary file; nothing of it is visible until `keep`. */
  begin(): Promise<BlobWriter>;
  /** Stores bytes durably and returns their hash. */
  put(bytes: Uint8Array): Promise<string>;
  has(sha256: string): Promise<boolean>;
  /** All hashes that have a file, in no order. */
  list(): AsyncIterable<string>;
  /** Removes temporary files that a killed process left. Only while nobody writes. */
  sweep(): Promise<number>;
}

export interface BlobWriter {
  readonly path: string;
  readonly byteLength: number;
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Syncs, gives the file its name, syncs the folder. After this the bytes survive a power cut. */
  keep(): Promise<string>;
  /** Removes what was written; never rejects. */
  discard(): Promise<void>;
}

export interface BlobLimits {
  /** Writing stops with STORE_TOO_LARGE beyond this. */
  readonly maximumBytes: number;
  /** Writing stops with STORE_NO_SPACE when less than this would be left free. */
  readonly reserveBytes: number;
}

/** How often the free space is looked at while writing. */
const SPACE_CHECK_BYTES = 32 * 1024 * 1024;
const NAME = /^[0-9a-f]{64}$/;

export async function openBlobStore(folder: string, limits: BlobLimits): Promise<BlobStore> {
  const temporary = path.join(folder, 'incoming');
  await mkdir(temporary, { recursive: true, mode: 0o750 });
  const pathOf = (sha256: string) => path.join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  const known = new Set<string>();

  async function ensureFolder(file: string): Promise<void> {
    const leaf = path.dirname(file);
    if (known.has(leaf)) return;
    await mkdir(leaf, { recursive: true, mode: 0o750 });
    // The new folder's own name must be durable too.
    await syncFolder(path.dirname(leaf));
    await syncFolder(folder);
    known.add(leaf);
  }

  async function requireSpace(more: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize - more < limits.reserveBytes) {
      throw new PhotopeakError('the archive has no space left', {
        code: 'STORE_NO_SPACE',
        expected: `${limits.reserveBytes} bytes left free after this instance`,
        found: `${bavail * bsize} bytes free`,
        where: folder,
        remedy: 'make space or lower archive.reserveMegabytes; senders try again by themselves',
      });
    }
  }

  async function begin(): Promise<BlobWriter> {
    await requireSpace(0);
    const file = path.join(temporary, randomBytes(12).toString('hex'));
    const handle: FileHandle = await open(file, 'wx', 0o640);
    const digest = createHash('sha256');
    let byteLength = 0;
    let checkedAt = 0;
    let open_ = true;
    const close = async () => {
      if (!open_) return;
      open_ = false;
      await handle.close();
    };
    return {
      path: file,
      get byteLength() {
        return byteLength;
      },
      async write(chunks) {
        const more = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
        if (byteLength + more > limits.maximumBytes) {
          throw new PhotopeakError('the instance is larger than this node accepts', {
            code: 'STORE_TOO_LARGE',
            expected: `at most ${limits.maximumBytes} bytes`,
            remedy: 'raise archive.maximumInstanceMegabytes if this is a real instance',
          });
        }
        if (byteLength + more - checkedAt > SPACE_CHECK_BYTES) {
          checkedAt = byteLength + more;
          await requireSpace(more);
        }
        for (const chunk of chunks) digest.update(chunk);
        let left = more;
        for (let pending = [...chunks]; left > 0; ) {
          const { bytesWritten } = await handle.writev(pending);
          left -= bytesWritten;
          pending = left > 0 ? rest(pending, bytesWritten) : [];
        }
        byteLength += more;
      },
      async keep() {
        await handle.datasync();
        await close();
        const sha256 = digest.digest('hex');
        const target = pathOf(sha256);
        await ensureFolder(target);
        await rename(file, target);
        await syncFolder(path.dirname(target));
        return sha256;
      },
      async discard() {
        await close().catch(() => undefined);
        await rm(file, { force: true }).catch(() => undefined);
      },
    };
  }

  return {
    folder,
    pathOf,
    begin,
    async put(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const present = await stat(pathOf(sha256)).catch(() => undefined);
      if (present?.size === bytes.byteLength) return sha256;
      const writer = await begin();
      try {
        await writer.write([bytes]);
        return await writer.keep();
      } catch (error) {
        await writer.discard();
        throw error;
      }
    },
    has: async (sha256) => (await stat(pathOf(sha256)).catch(() => undefined)) !== undefined,
    async *list() {
      for (const first of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(first)) continue;
        for (const second of await readdir(path.join(folder, first))) {
          for await (const entry of await opendir(path.join(folder, first, second))) {
            if (NAME.test(entry.name)) yield entry.name;
          }
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

/** What is left of a list of chunks after its first `written` bytes. */
function rest(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = written;
  for (const chunk of chunks) {
    if (skip >= chunk.byteLength) skip -= chunk.byteLength;
    else {
      left.push(chunk.subarray(skip));
      skip = 0;
    }
  }
  return left;
}

/** True for every way a file system says that it is full. */
export function isNoSpace(error: unknown): boolean {
  if (error instanceof PhotopeakError) return error.code === 'STORE_NO_SPACE';
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
