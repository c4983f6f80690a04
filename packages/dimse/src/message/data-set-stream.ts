import type { DimseError } from '../errors.ts';

/** How much of a data set may wait in memory for its consumer before the socket is paused. */
export const HIGH_WATER_BYTES = 1024 * 1024;

/** How much has to wait before the consumer is woken: few large writes instead of many small ones. */
const WAKE_BYTES = 256 * 1024;

/**
 * The data set of a message while it arrives: each step of the iteration gives all pieces that have come since the
 * last one, as they came from the socket. It throws when the association ends before the data set does. It can be
 * iterated once.
 */
export class DataSetStream implements AsyncIterable<readonly Buffer[]> {
  readonly #flow: { pause(): void; resume(): void };
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isDiscarding = false;
  #hasEnded = false;
  #error: DimseError | undefined;
  #wake: (() => void) | undefined;
  #settled: (() => void)[] = [];
  #first: ArrayBufferLike | undefined;
  #last: ArrayBufferLike | undefined;

  constructor(flow: { pause(): void; resume(): void }) {
    this.#flow = flow;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the socket waits for the consumer of this data set. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  push(piece: Buffer): void {
    if (this.#isDiscarding || piece.length === 0) return;
    this.#first ??= piece.buffer;
    this.#last = piece.buffer;
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > HIGH_WATER_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    if (this.#waitingBytes >= WAKE_BYTES) this.#notify();
  }

  end(): void {
    this.#hasEnded = true;
    this.#notify();
    this.#settle();
  }

  fail(error: DimseError): void {
    if (this.#hasEnded || this.#error !== undefined) return;
    this.#error = error;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#notify();
    this.#settle();
  }

  /** Lets the rest arrive without keeping it; resolves when it has arrived, or cannot any more. */
  async discard(): Promise<void> {
    this.#isDiscarding = true;
    this.#waiting = [];
    this.#flowAgain();
    if (this.#hasEnded || this.#error !== undefined) return;
    await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  /**
   * Gives back the memory of pieces that the consumer has copied or written; they are empty afterwards. Without it
   * the memory waits for the collector, which takes the size of all chunks for a reason to go through the whole
   * heap: at the speed of a local network that costs more than receiving them.
   */
  release(pieces: readonly Uint8Array[]): void {
    for (const { buffer } of pieces) {
      // A chunk in which the data set begins or ends may hold bytes of other messages.
      if (buffer === this.#first || (this.#hasEnded && buffer === this.#last)) continue;
      if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Buffer[], void, undefined> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#waitingBytes >= WAKE_BYTES || (this.#hasEnded && this.#waitingBytes > 0)) {
        const pieces = this.#waiting;
        this.#waiting = [];
        this.#flowAgain();
        yield pieces;
        continue;
      }
      if (this.#hasEnded || this.#isDiscarding) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #flowAgain(): void {
    this.#waitingBytes = 0;
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flow.resume();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #settle(): void {
    for (const resolve of this.#settled) resolve();
    this.#settled = [];
  }
}
