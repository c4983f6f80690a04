import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AssociationInfo, Reply, Service } from '../association/index.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import { fromBytes } from '../message/data-source.ts';
import { STATUS } from '../message/status.ts';
import { chooseForService } from './contexts.ts';
import type { DataSetEncoder } from './operation.ts';
import { answerOf, identifierOf } from './refusal.ts';

/** A C-FIND of a peer. */
export interface IncomingQuery {
  readonly association: AssociationInfo;
  /** The SOP class of the information model. */
  readonly model: string;
  readonly identifier: Buffer;
  readonly transferSyntaxUid: string;
  /** Aborted when the peer cancels or goes. */
  readonly signal: AbortSignal;
}

export interface QueryMatch {
  readonly identifier: DataSetEncoder;
  /** Answers FF01: not all optional keys of the request are supported. */
  readonly ignoresKeys?: boolean;
}

export interface QueryOptions {
  /** SOP classes of the information models: `STUDY_ROOT.find`, `MODALITY_WORKLIST`, … */
  readonly models: readonly string[];
  /** The matches, one after another as the peer takes them. Throw a `refusal` to answer with a failure. */
  find(query: IncomingQuery): AsyncIterable<QueryMatch> | Iterable<QueryMatch>;
}

/** C-FIND as provider (PS3.4 C.4.1, K.4.1). */
export function query(options: QueryOptions): Service {
  return {
    name: 'query',
    commands: [COMMAND_FIELD['C-FIND']],
    serves: (abstractSyntax) => options.models.includes(abstractSyntax),
    choose: chooseForService,
    open: () => ({
      async perform({ association, context, dataSet, signal }, reply) {
        const { abstractSyntax: model, transferSyntax } = context;
        try {
          const identifier = await identifierOf(dataSet);
          const request = { association, model, identifier, transferSyntaxUid: transferSyntax, signal };
          await sendMatches(options.find(request), transferSyntax, signal, reply);
        } catch (error) {
          await reply(answerOf(error));
          return;
        }
        await reply({ status: signal.aborted ? STATUS.cancel : STATUS.success });
      },
    }),
  };
}

const MATCHES_PER_TURN = 16;

async function sendMatches(
  matches: AsyncIterable<QueryMatch> | Iterable<QueryMatch>,
  transferSyntaxUid: string,
  signal: AbortSignal,
  reply: Reply,
): Promise<void> {
  let sent = 0;
  for await (const { identifier, ignoresKeys } of matches) {
    // Small writes succeed at once: without a pause nothing else in this process, and no C-CANCEL, would be heard.
    sent += 1;
    if (sent % MATCHES_PER_TURN === 0) await nextTurn();
    if (signal.aborted) return;
    const status = ignoresKeys === true ? STATUS.pendingWithoutKeys : STATUS.pending;
    await reply({ status }, fromBytes(identifier(transferSyntaxUid)));
  }
}
