import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../operations/index.ts';
import { giveBackBlock, takeBlock } from './block-pool.ts';
import { addCommonHeaders } from './headers.ts';

/** The body of a reply, as it is made. Each call waits while the client takes less than is given. */
export interface BlockSink {
  bytes(bytes: Uint8Array): Promise<void>;
  /** `length` bytes of a file from `start`. */
  file(file: FileHandle, start: number, length: number): Promise<void>;
}

/** One block is filled while the other is on its way. */
const BLOCKS = 2;

/**
 * Sends a body through two blocks of memory, straight to the connection: what a reply holds does not grow with its
 * length, however slow the client is. Status and headers are those of the reply; with a Content-Length among them the
 * body goes out as it is, else in chunks. What `fill` throws before the first block is full is answered as an error;
 * later the connection is cut, so that no client takes a part for the whole.
 */
export async function sendBlocks(
  reply: FastifyReply,
  log: Logger,
  fill: (sink: BlockSink) => Promise<void>,
): Promise<FastifyReply> {
  const body = new Body(reply);
  try {
    if (reply.request.method !== 'HEAD') await fill(body);
    await body.end();
  } catch (error) {
    if (!body.hasStarted) throw error;
    reply.raw.destroy();
    if (!(error instanceof ClientGone)) {
      log.error({ route: reply.request.routeOptions.url, err: error }, 'a reply broke off');
    }
  } finally {
    body.close();
  }
  return reply;
}

class ClientGone extends Error {}

class Body implements BlockSink {
  readonly #reply: FastifyReply;
  readonly #socket: Socket;
  readonly #free: Buffer[] = [];
  readonly #onClose = () => this.#gone();
  #taken = 0;
  #block: Buffer | undefined;
  #used = 0;
  #isGone = false;
  #wake: () => void = () => {};
  hasStarted = false;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#socket = reply.request.raw.socket;
    this.#isGone = this.#socket.destroyed;
    this.#socket.once('close', this.#onClose);
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const block = this.#block ?? (await this.#next());
      const count = Math.min(bytes.length - at, block.length - this.#used);
      block.set(bytes.subarray(at, at + count), this.#used);
      at += count;
      this.#advance(block, count);
    }
  }

  async file(file: FileHandle, start: number, length: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const block = this.#block ?? (await this.#next());
      const count = Math.min(length - done, block.length - this.#used);
      const { bytesRead } = await file.read(block, this.#used, count, start + done);
      if (bytesRead === 0) throw new Error('a file of the archive is shorter than the index says');
      done += bytesRead;
      this.#advance(block, bytesRead);
    }
  }

  /** Resolves when the kernel has the last byte. */
  async end(): Promise<void> {
    const { raw } = this.#reply;
    const block = this.#block;
    this.#block = undefined;
    this.#start();
    await new Promise<void>((resolve, reject) => {
      this.#wake = () => reject(new ClientGone());
      if (this.#isGone) this.#wake();
      if (block === undefined) raw.end(resolve);
      else {
        raw.end(block.subarray(0, this.#used), () => {
          this.#free.push(block);
          resolve();
        });
      }
    });
  }

  /** What the kernel still reads when a client goes away is left to the garbage collector. */
  close(): void {
    this.#socket.off('close', this.#onClose);
    if (this.#block !== undefined) this.#free.push(this.#block);
    for (const block of this.#free) giveBackBlock(block);
  }

  #advance(block: Buffer, count: number): void {
    this.#used += count;
    if (this.#used < block.length) return;
    this.#block = undefined;
    this.#start();
    this.#reply.raw.write(block, (error) => {
      if (error) this.#gone();
      else this.#free.push(block);
      this.#wake();
    });
  }

  async #next(): Promise<Buffer> {
    while (!this.#isGone) {
      const free = this.#free.pop() ?? (this.#taken < BLOCKS ? this.#fresh() : undefined);
      if (free !== undefined) {
        this.#used = 0;
        this.#block = free;
        return free;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    throw new ClientGone();
  }

  #fresh(): Buffer {
    this.#taken += 1;
    return takeBlock();
  }

  #start(): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    const reply = this.#reply.hijack();
    addCommonHeaders(reply);
    reply.raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
  }

  #gone(): void {
    this.#isGone = true;
    this.#wake();
  }
}
