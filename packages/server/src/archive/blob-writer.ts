import { randomBytes } from 'node:crypto';
import { PhotopeakError } from '@photopeak/imaging';
import { SLAB_BYTES, type Slab } from './writer-protocol.ts';
import { WriterError, type WriterThreads } from './writer-threads.ts';

export interface BlobWriter {
  readonly byteLength: number;
  /** The first bytes, up to SLAB_BYTES, in memory: valid until `keep` or `discard`. */
  readonly head: Uint8Array;
  /** Copies; resolves when there is room for more. After a rejection nothing is left and nothing more can be written. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** The temporary file with everything written so far. */
  written(): Promise<string>;
  /**
   * Gives the file its name, the hash of its bytes, and resolves when others can read it there. It is the disk's only when
   * `durable` resolves: name, bytes and folder survive a power cut then. Where `durable` rejects, the file may stay, and
   * nobody may rely on it.
   */
  keep(): Promise<KeptBlob>;
  /** Removes what was written; never rejects. */
  discard(): Promise<void>;
}

export interface KeptBlob {
  readonly sha256: string;
  readonly durable: Promise<void>;
}

export interface BlobLimits {
  /** Writing stops with STORE_TOO_LARGE beyond this. */
  readonly maximumBytes: number;
  /** Writing stops with STORE_NO_SPACE when less than this would be left free. */
  readonly reserveBytes: number;
}

/** Temporary names are unique among the processes that share a folder, also on several machines. */
const PROCESS = randomBytes(12).toString('hex');
let files = 0;

/** How often the free space is looked at while writing. */
const SPACE_CHECK_BYTES = 32 * 1024 * 1024;

/**
 * Copies with the processor's own block copy. `set`, and `Buffer.copy` of a whole buffer, copy into shared memory word by
 * word, which takes eight times as long; a part of a buffer goes the fast way, so every piece goes as two parts.
 */
function copyInto(target: Uint8Array, at: number, piece: Uint8Array): void {
  const source = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  const half = source.byteLength >> 1;
  source.copy(target, at, 0, half);
  source.copy(target, at + half, half);
}

/**
 * A file that is being written. It holds three slabs at most: the first bytes, what is being filled, what is on its
 * way to the disk. A slab goes to the thread when it is full, so that an instance that fits is one message.
 */
export function beginBlob(options: {
  readonly folder: string;
  readonly temporary: string;
  readonly limits: BlobLimits;
  readonly threads: WriterThreads;
}): BlobWriter {
  const { folder, limits, threads } = options;
  files += 1;
  const file = `${options.temporary}/${PROCESS}-${files}`;
  const lane = threads.lane();
  const first = lane.take();
  let filling: Slab = first;
  let filled = 0;
  let firstBytes = 0;
  let byteLength = 0;
  let isFirst = true;
  let checkedAt: number | undefined;
  let sending: Promise<void> = Promise.resolve();
  let isOver = false;

  /** Called when the thread has read all: the memory goes back. */
  function end(): void {
    isOver = true;
    lane.give(first);
    if (filling !== first) lane.give(filling);
    lane.close();
  }

  function send(keepIn?: string, named?: (sha256: string) => void): Promise<void> {
    const isDue = checkedAt === undefined || byteLength - checkedAt >= SPACE_CHECK_BYTES;
    const step = {
      kind: 'write',
      file,
      isFirst,
      slab: filling.id,
      byteLength: filled,
      ...(isDue ? { space: { folder, reserveBytes: limits.reserveBytes } } : {}),
      ...(keepIn === undefined ? {} : { keepIn }),
    } as const;
    isFirst = false;
    if (isDue) checkedAt = byteLength;
    return lane.run(step, named);
  }

  /** Hands the slab over and takes another; waits for the one before, so that one at most is on its way. */
  async function flush(): Promise<void> {
    const before = sending;
    const slab = filling;
    if (slab === first) firstBytes = filled;
    sending = send().then(() => {
      if (slab !== first) lane.give(slab);
    });
    sending.catch(() => undefined);
    filling = lane.take();
    filled = 0;
    await before;
  }

  function requireRoom(more: number): void {
    if (byteLength + more <= limits.maximumBytes) return;
    throw new PhotopeakError('the instance is larger than this node accepts', {
      code: 'STORE_TOO_LARGE',
      expected: `at most ${limits.maximumBytes} bytes`,
      remedy: 'raise archive.maximumInstanceMegabytes if this is a real instance',
    });
  }

  function explained(error: unknown): unknown {
    if (!(error instanceof WriterError) || error.freeBytes === undefined) return error;
    return new PhotopeakError('the archive has no space left', {
      code: 'STORE_NO_SPACE',
      expected: `${limits.reserveBytes} bytes left free after this instance`,
      found: `${error.freeBytes} bytes free`,
      where: folder,
      remedy: 'make space or lower archive.reserveMegabytes; senders try again by themselves',
    });
  }

  return {
    get byteLength() {
      return byteLength;
    },
    get head() {
      return first.bytes.subarray(0, filling === first ? filled : firstBytes);
    },
    async write(chunks) {
      requireRoom(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
      try {
        for (const chunk of chunks) {
          for (let at = 0; at < chunk.byteLength; ) {
            if (filled === SLAB_BYTES) await flush();
            const piece = chunk.subarray(at, at + SLAB_BYTES - filled);
            copyInto(filling.bytes, filled, piece);
            filled += piece.byteLength;
            byteLength += piece.byteLength;
            at += piece.byteLength;
          }
        }
      } catch (error) {
        throw explained(error);
      }
    },
    async written() {
      try {
        await flush();
        await sending;
        return file;
      } catch (error) {
        throw explained(error);
      }
    },
    async keep() {
      try {
        await sending;
        const { promise: named, resolve } = Promise.withResolvers<string>();
        const durable = send(folder, resolve).then(end, (error: unknown) => {
          throw explained(error);
        });
        // Whoever waits for the name hears of a failure there; the other promise is theirs only after that.
        durable.catch(() => undefined);
        await Promise.race([named, durable]);
        return { sha256: await named, durable };
      } catch (error) {
        throw explained(error);
      }
    },
    async discard() {
      if (isOver) return;
      isOver = true;
      // Not before the thread has read what is on its way.
      await lane.run({ kind: 'discard', file }).catch(() => undefined);
      end();
    },
  };
}
