import type { DimseError } from '../errors.ts';
import type { Command } from './command.ts';
import type { DataSetStream } from './data-set-stream.ts';
import { statusCategory } from './status.ts';

export interface Response {
  readonly command: Command;
  readonly status: number;
  /** Has to be read (or discarded) before the next response arrives. */
  readonly dataSet: DataSetStream | undefined;
}

/** Responses that may wait for their reader before the socket is not read any more. */
export const MAX_WAITING_RESPONSES = 256;

/** What is kept at most, even for a reader who first wants something else. */
export const MAX_KEPT_RESPONSES = 100_000;

export interface ResponseHooks {
  /** Sends a C-CANCEL for the request. */
  cancel(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** The responses to one request as they come; ends after the final one, throws when the association ends first. */
export class Responses implements AsyncIterable<Response> {
  readonly #hooks: ResponseHooks;
  #queue: Response[] = [];
  #error: DimseError | undefined;
  #isFinal = false;
  #isPaused = false;
  #isUnbounded = false;
  #wake: (() => void) | undefined;

  constructor(hooks: ResponseHooks) {
    this.#hooks = hooks;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether the peer waits for the reader of these responses. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Asks the peer to stop (C-CANCEL, PS3.7 9.3.2.3); its final response still comes. */
  async cancel(): Promise<void> {
    if (!this.#isFinal && this.#error === undefined) await this.#hooks.cancel();
  }

  /** Returns whether it was the final response. */
  push(response: Response): boolean {
    this.#queue.push(response);
    this.#isFinal = statusCategory(response.status) !== 'pending';
    if (!this.#isUnbounded && !this.#isPaused && this.#queue.length >= MAX_WAITING_RESPONSES) {
      this.#isPaused = true;
      this.#hooks.pause();
    }
    this.#wake?.();
    return this.#isFinal;
  }

  /** Somebody waits for what comes behind these responses: they are kept, however many. */
  keepAll(): void {
    this.#isUnbounded = true;
    this.#flowAgain();
  }

  fail(error: DimseError): void {
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Response, void, undefined> {
    for (;;) {
      const response = this.#queue.shift();
      if (response !== undefined) {
        if (this.#queue.length < MAX_WAITING_RESPONSES / 2) this.#flowAgain();
        yield response;
      } else if (this.#isFinal) return;
      else if (this.#error !== undefined) throw this.#error;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #flowAgain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#hooks.resume();
  }
}

/** The final response to a request that has only one (C-ECHO, C-STORE, N-…). */
export async function finalResponse(responses: Responses): Promise<Response> {
  let last: Response | undefined;
  for await (const response of responses) {
    await last?.dataSet?.discard();
    last = response;
  }
  return last!;
}
