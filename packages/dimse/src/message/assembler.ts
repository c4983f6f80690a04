import { DimseError } from '../errors.ts';
import type { Fragment } from '../pdu/index.ts';
import { type Command, decodeCommand, MAX_COMMAND_BYTES } from './command.ts';
import { DataSetStream } from './data-set-stream.ts';

/** A command set comes at once, in one fragment; nobody needs more than these. */
const MAX_COMMAND_FRAGMENTS = 1024;
const MAX_COMMAND_MS = 60_000;

export interface IncomingMessage {
  readonly contextId: number;
  readonly command: Command;
  /** Present as soon as the command set has been read; its bytes follow. */
  readonly dataSet: DataSetStream | undefined;
}

/**
 * Puts messages together from fragments (PS3.7 6.3, PS3.8 annex E): the command set is collected, bounded; the data
 * set goes on as a stream. Throws a DimseError where the peer breaks the order; the association has to end then.
 */
export class Assembler {
  readonly #flow: { pause(): void; resume(): void };
  readonly #isAccepted: (contextId: number) => boolean;
  #contextId: number | undefined;
  #commandParts: Buffer[] = [];
  #commandBytes = 0;
  #commandSince = 0;
  #dataSet: DataSetStream | undefined;

  constructor(isAccepted: (contextId: number) => boolean, flow: { pause(): void; resume(): void }) {
    this.#isAccepted = isAccepted;
    this.#flow = flow;
  }

  /** Whether a message has begun and not ended. */
  get isMidMessage(): boolean {
    return this.#contextId !== undefined;
  }

  /** Whether its consumer, not the peer, holds the message up. */
  get isPaused(): boolean {
    return this.#dataSet?.isPaused ?? false;
  }

  /** Returns the message when its command set is complete. */
  add(fragment: Fragment): IncomingMessage | undefined {
    const { contextId } = fragment;
    if (!this.#isAccepted(contextId))
      throw outOfOrder('an accepted presentation context', `context ${contextId}`);
    if (this.#contextId !== undefined && this.#contextId !== contextId) {
      throw outOfOrder(`presentation context ${this.#contextId}`, `context ${contextId} inside its message`);
    }
    return fragment.isCommand ? this.#addCommand(fragment) : this.#addData(fragment);
  }

  /** The association is over: whoever waits for the rest of the data set is told. */
  fail(error: DimseError): void {
    this.#dataSet?.fail(error);
  }

  #addCommand(fragment: Fragment): IncomingMessage | undefined {
    if (this.#dataSet !== undefined) throw outOfOrder('the rest of the data set', 'a command set');
    if (this.#contextId === undefined) this.#commandSince = performance.now();
    this.#contextId = fragment.contextId;
    this.#commandBytes += fragment.bytes.length;
    if (this.#commandBytes > MAX_COMMAND_BYTES) {
      throw new DimseError('DIMSE_COMMAND_INVALID', 'The command set of the peer is too long.', {
        expected: `at most ${MAX_COMMAND_BYTES} bytes`,
      });
    }
    // Empty or tiny fragments would otherwise hold the association, and memory, for ever.
    if (
      this.#commandParts.length >= MAX_COMMAND_FRAGMENTS ||
      performance.now() - this.#commandSince > MAX_COMMAND_MS
    ) {
      throw new DimseError('DIMSE_COMMAND_INVALID', 'The command set of the peer does not come to its end.', {
        expected: `at most ${MAX_COMMAND_FRAGMENTS} fragments within ${MAX_COMMAND_MS} ms`,
      });
    }
    this.#commandParts.push(fragment.bytes);
    if (!fragment.isComplete || !fragment.isLast) return undefined;
    const command = decodeCommand(Buffer.concat(this.#commandParts));
    this.#commandParts = [];
    this.#commandBytes = 0;
    if (command.hasDataSet) this.#dataSet = new DataSetStream(this.#flow);
    else this.#contextId = undefined;
    return { contextId: fragment.contextId, command, dataSet: this.#dataSet };
  }

  #addData(fragment: Fragment): undefined {
    if (this.#dataSet === undefined) throw outOfOrder('a command set', 'a data set');
    this.#dataSet.push(fragment.bytes);
    if (!fragment.isComplete || !fragment.isLast) return;
    const dataSet = this.#dataSet;
    this.#dataSet = undefined;
    this.#contextId = undefined;
    dataSet.end();
  }
}

function outOfOrder(expected: string, found: string): DimseError {
  return new DimseError('DIMSE_PROTOCOL', 'The peer broke the order of the protocol.', { expected, found });
}
