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

/** The responses to one request as they come; ends after the final one, throws when the association ends first. */
export class Responses implements AsyncIterable<Response> {
  #queue: Response[] = [];
  #error: DimseError | undefined;
  #isFinal = false;
  #wake: (() => void) | undefined;

  /** Returns whether it was the final response. */
  push(response: Response): boolean {
    this.#queue.push(response);
    this.#isFinal = statusCategory(response.status) !== 'pending';
    this.#wake?.();
    return this.#isFinal;
  }

  fail(error: DimseError): void {
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Response, void, undefined> {
    for (;;) {
      const response = this.#queue.shift();
      if (response !== undefined) yield response;
      else if (this.#isFinal) return;
      else if (this.#error !== undefined) throw this.#error;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
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
