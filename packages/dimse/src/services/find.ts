import type { OpenAssociation } from '../association/index.ts';
import { collect } from '../message/collect.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import { STATUS, statusCategory } from '../message/status.ts';
import { type DataSetEncoder, type Operation, operation, operationFailed } from './operation.ts';

export interface FindRequest {
  /** The SOP class of the information model: `STUDY_ROOT.find`, `MODALITY_WORKLIST`, … */
  readonly model: string;
  /** Keys to match and to return, encoded (PS3.4 C.2.2). */
  readonly identifier: DataSetEncoder;
  readonly priority?: Priority;
  /** Stops the query with a C-CANCEL. */
  readonly signal?: AbortSignal;
}

/** PS3.7 table 9.3-2. */
export type Priority = 'low' | 'medium' | 'high';
export const PRIORITY: Record<Priority, number> = { medium: 0, high: 1, low: 2 };

/** One match: its attributes as they came from the peer. */
export interface Match {
  readonly identifier: Buffer;
  readonly transferSyntaxUid: string;
  /** FF01: the peer does not support all optional keys that were asked for. */
  readonly ignoresKeys: boolean;
}

export interface FindOutcome {
  /** Success (0000) or cancelled (FE00). */
  readonly status: number;
  readonly isCancelled: boolean;
}

/** C-FIND as user (PS3.4 C.4.1 and K.4.1): the matches as they come. */
export function find(association: OpenAssociation, request: FindRequest): Operation<Match, FindOutcome> {
  const { model, identifier, signal, priority = 'medium' } = request;
  return operation<Match, FindOutcome>({
    association,
    abstractSyntax: model,
    command: {
      commandField: COMMAND_FIELD['C-FIND'],
      affectedSopClassUid: model,
      priority: PRIORITY[priority],
    },
    identifier,
    signal,
    async read({ status, dataSet }, transferSyntaxUid) {
      if (statusCategory(status) !== 'pending') {
        await dataSet?.discard();
        return undefined;
      }
      const bytes = await collect(dataSet);
      if (bytes === undefined) return undefined;
      return { identifier: bytes, transferSyntaxUid, ignoresKeys: status === STATUS.pendingWithoutKeys };
    },
    async finish(response) {
      const { status } = response;
      if (statusCategory(status) === 'failure') throw operationFailed(response, 'the query');
      return { status, isCancelled: status === STATUS.cancel };
    },
  });
}
