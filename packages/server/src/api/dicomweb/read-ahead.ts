import { type FileHandle, open } from 'node:fs/promises';
import { BLOCK_BYTES, giveBackBlock, takeBlock } from '../block-pool.ts';

/** Files that are in memory and wait for their client. */
const MOST = 8;
/** A client that has not come by then will not come. */
const KEPT_MS = 2000;

/** A file that was read before anyone asked for it. Whoever takes it gives the block back. */
export interface FileInMemory {
  readonly block: Buffer;
  readonly byteLength: number;
}

interface Reading {
  readonly done: Promise<FileInMemory | undefined>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Reads the file that a client will ask for next while it still takes in the one before. Only what fits into a block
 * of memory; what nobody comes for is forgotten.
 */
export class ReadAhead {
  readonly #files = new Map<string, Reading>();

  begin(file: string, byteLength: number): void {
    if (byteLength > BLOCK_BYTES || this.#files.size >= MOST || this.#files.has(file)) return;
    const timer = setTimeout(() => void this.#forget(file), KEPT_MS).unref();
    this.#files.set(file, { done: readWhole(file, byteLength), timer });
  }

  /** What was read of it; undefined where it has to be read now. */
  async take(file: string): Promise<FileInMemory | undefined> {
    const reading = this.#files.get(file);
    if (reading === undefined) return undefined;
    this.#files.delete(file);
    clearTimeout(reading.timer);
    return reading.done;
  }

  async #forget(file: string): Promise<void> {
    const read = await this.take(file);
    if (read !== undefined) giveBackBlock(read.block);
  }
}

/** Undefined for a file that cannot be read: whoever wants it finds out why. */
async function readWhole(file: string, byteLength: number): Promise<FileInMemory | undefined> {
  const block = takeBlock();
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    for (let done = 0; done < byteLength; ) {
      const { bytesRead } = await handle.read(block, done, byteLength - done, done);
      if (bytesRead === 0) throw new Error('shorter than the index says');
      done += bytesRead;
    }
    return { block, byteLength };
  } catch {
    giveBackBlock(block);
    return undefined;
  } finally {
    await handle?.close().catch(() => undefined);
  }
}
