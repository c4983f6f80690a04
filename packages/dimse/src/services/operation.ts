import type { OpenAssociation, RequestCommand } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { type DataSource, fromBytes } from '../message/data-source.ts';
import type { Response, Responses } from '../message/responses.ts';
import { statusCategory, statusText } from '../message/status.ts';
import { requireContext } from './contexts.ts';

/** Encodes a data set in the transfer syntax that the association agreed on. */
export type DataSetEncoder = (transferSyntaxUid: string) => Uint8Array;

/**
 * A request that is answered step by step. Iterate over what comes, or wait for the end with `outcome`; nothing is
 * sent before. Leaving the loop early, and the signal of the request, send a C-CANCEL; the association stays usable.
 * A final response that is a failure is thrown as DIMSE_OPERATION_FAILED with its status.
 */
export interface Operation<Item, Outcome> extends AsyncIterable<Item> {
  /** Reads what has not been iterated and resolves to what the final response says. */
  outcome(): Promise<Outcome>;
}

export interface OperationRequest<Item, Outcome> {
  readonly association: OpenAssociation;
  readonly abstractSyntax: string;
  readonly command: RequestCommand;
  readonly identifier: DataSetEncoder;
  readonly signal?: AbortSignal | undefined;
  /** Reads one response; has to read or discard its data set. Undefined is not passed on. */
  read(response: Response, transferSyntaxUid: string): Promise<Item | undefined>;
  finish(response: Response, transferSyntaxUid: string): Promise<Outcome>;
}

export function operation<Item, Outcome>(request: OperationRequest<Item, Outcome>): Operation<Item, Outcome> {
  const steps = perform(request);
  let outcome: Promise<Outcome> | undefined;
  async function* iterate(): AsyncGenerator<Item, void, undefined> {
    let resolve: (value: Outcome) => void = () => {};
    let reject: (reason: unknown) => void = () => {};
    outcome ??= new Promise<Outcome>((...functions) => {
      [resolve, reject] = functions;
    });
    // Whoever iterates hears of a failure there; asking for the outcome as well is up to the caller.
    outcome.catch(() => {});
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done === true) {
          resolve(step.value);
          return;
        }
        yield step.value;
      }
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      await steps.return(undefined as Outcome).catch(reject);
      reject(new DimseError('DIMSE_OPERATION_FAILED', 'The operation was left before its end.'));
    }
  }
  return {
    [Symbol.asyncIterator]: iterate,
    async outcome() {
      if (outcome === undefined) for await (const _ of iterate());
      return outcome!;
    },
  };
}

async function* perform<Item, Outcome>(
  request: OperationRequest<Item, Outcome>,
): AsyncGenerator<Item, Outcome, undefined> {
  const { association, signal } = request;
  const context = requireContext(association, request.abstractSyntax);
  const dataSet: DataSource = fromBytes(request.identifier(context.transferSyntax));
  signal?.throwIfAborted();
  const responses = await association.request(context, request.command, dataSet);
  // A peer that cannot be told any more has ended the association, which every reader hears of.
  const cancel = () => void responses.cancel().catch(() => {});
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  let hasEnded = false;
  try {
    for await (const response of responses) {
      hasEnded = statusCategory(response.status) !== 'pending';
      const item = await request.read(response, context.transferSyntax);
      if (item !== undefined) yield item;
      if (hasEnded) return await request.finish(response, context.transferSyntax);
    }
    throw association.error ?? new DimseError('DIMSE_PROTOCOL', 'The responses ended without a final one.');
  } finally {
    signal?.removeEventListener('abort', cancel);
    if (!hasEnded && association.error === undefined) await leave(responses);
  }
}

/** Cancels and waits for the final response, so that the next request starts on a clear association. */
async function leave(responses: Responses): Promise<void> {
  await responses.cancel();
  for await (const response of responses) await response.dataSet?.discard();
}

/** A final response that is a failure as an error that a person can act on. */
export function operationFailed(response: Response, what: string): DimseError {
  const { errorComment, offendingElements } = response.command;
  const elements = (offendingElements ?? []).map((tag) => tag.toString(16).padStart(8, '0'));
  const found = [statusText(response.status), errorComment, ...elements].filter(Boolean).join(', ');
  return new DimseError('DIMSE_OPERATION_FAILED', `The peer failed ${what}.`, {
    status: response.status,
    found,
    remedy: 'Check what was asked for, and the log of the peer.',
  });
}
