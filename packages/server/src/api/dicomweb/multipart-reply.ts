import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../../operations/index.ts';
import { giveBackBlock } from '../block-pool.ts';
import { type BlockSink, sendBlocks } from '../block-reply.ts';
import type { ReadAhead } from './read-ahead.ts';

export interface OutgoingPart {
  readonly contentType: string;
  readonly location?: string;
  readonly content:
    | {
        readonly file: string;
        readonly start?: number;
        readonly byteLength: number;
        /** Where the whole file may be in memory already. */
        readonly ahead?: ReadAhead;
      }
    | { readonly bytes: Uint8Array }
    /** Made when its turn comes; undefined leaves the part out. */
    | { readonly make: () => Promise<Uint8Array | undefined> };
}

/** Parts that are opened or made while those before them are sent. */
const AHEAD = 3;
const LINE = Buffer.from('\r\n');

/** Sends a multipart/related body (RFC 2387) that is made while it is sent; its length is told where it is known. */
export function sendParts(
  reply: FastifyReply,
  log: Logger,
  type: string,
  parts: readonly OutgoingPart[],
): Promise<FastifyReply> {
  const boundary = `photopeak-${randomBytes(12).toString('hex')}`;
  const heads = parts.map((part) => headOf(part, boundary));
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const lengths = parts.map((part, index) => heads[index]!.length + lengthOf(part) + LINE.length);
  const total = lengths.reduce((sum, length) => sum + length, tail.length);
  void reply.header('Content-Type', `multipart/related; type="${type}"; boundary=${boundary}`);
  if (Number.isFinite(total)) void reply.header('Content-Length', total);
  return sendBlocks(reply, log, async (sink) => {
    const ahead = new Ahead(parts);
    try {
      for (const index of parts.keys()) {
        const part = await ahead.take(index);
        if (part === undefined) continue;
        await sink.bytes(heads[index]!);
        await part(sink);
        await sink.bytes(LINE);
      }
      await sink.bytes(tail);
    } finally {
      await ahead.close();
    }
  });
}

function headOf({ contentType, location }: OutgoingPart, boundary: string): Buffer {
  const place = location === undefined ? '' : `Content-Location: ${location}\r\n`;
  return Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\n${place}\r\n`);
}

/** NaN where it is not known before the part is made. */
function lengthOf({ content }: OutgoingPart): number {
  if ('bytes' in content) return content.bytes.byteLength;
  return 'file' in content ? content.byteLength : Number.NaN;
}

type Written = (sink: BlockSink) => Promise<void>;

/** Parts made ready before their turn, so that neither the disk nor the client waits for the other. */
class Ahead {
  readonly #parts: readonly OutgoingPart[];
  readonly #ready = new Map<number, Promise<Written | undefined>>();
  readonly #files = new Set<FileHandle>();

  constructor(parts: readonly OutgoingPart[]) {
    this.#parts = parts;
    for (let index = 0; index < AHEAD; index++) this.#prepare(index);
  }

  take(index: number): Promise<Written | undefined> {
    const ready = this.#ready.get(index)!;
    this.#ready.delete(index);
    this.#prepare(index + AHEAD);
    return ready;
  }

  /** Closes what was opened and not sent. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#ready.values());
    await Promise.all([...this.#files].map((file) => file.close()));
  }

  #prepare(index: number): void {
    const part = this.#parts[index];
    if (part === undefined) return;
    const ready = this.#open(part);
    // A client that goes away leaves what was made ahead; whoever awaits it still hears of an error.
    ready.catch(() => undefined);
    this.#ready.set(index, ready);
  }

  async #open({ content }: OutgoingPart): Promise<Written | undefined> {
    if ('bytes' in content) return (sink) => sink.bytes(content.bytes);
    if ('make' in content) {
      const bytes = await content.make();
      return bytes === undefined ? undefined : (sink) => sink.bytes(bytes);
    }
    const inMemory = await content.ahead?.take(content.file);
    if (inMemory !== undefined) {
      return async (sink) => {
        await sink.bytes(inMemory.block.subarray(0, inMemory.byteLength));
        giveBackBlock(inMemory.block);
      };
    }
    const file = await open(content.file, 'r');
    this.#files.add(file);
    return async (sink) => {
      await sink.file(file, content.start ?? 0, content.byteLength);
      this.#files.delete(file);
      // The next part does not wait for it.
      void file.close().catch(() => undefined);
    };
  }
}
