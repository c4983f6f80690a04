import type { OpenAssociation, RequestCommand } from '../association/index.ts';
import { readDataSet } from '../data-set/index.ts';
import { DimseError } from '../errors.ts';
import { collect } from '../message/collect.ts';
import { COMMAND_FIELD, type Command } from '../message/command.ts';
import { STATUS, statusCategory } from '../message/status.ts';
import { checkAeTitle } from '../pdu/index.ts';
import { PRIORITY, type Priority } from './find.ts';
import { type DataSetEncoder, type Operation, operation, operationFailed } from './operation.ts';

export interface RetrieveRequest {
  /** The SOP class: `STUDY_ROOT.get`, `STUDY_ROOT.move`, … */
  readonly model: string;
  /** Level and unique keys, encoded (PS3.4 C.4.2.1.4, C.4.3.1.3). */
  readonly identifier: DataSetEncoder;
  readonly priority?: Priority;
  /** Stops the retrieval with a C-CANCEL. */
  readonly signal?: AbortSignal;
}

export interface MoveRequest extends RetrieveRequest {
  /** AE title to which the peer sends; it has to know address and port of it. */
  readonly destination: string;
}

/** Counts of the sub-operations so far; `remaining` is unknown where the peer does not say it. */
export interface RetrieveProgress {
  readonly remaining: number | undefined;
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

export interface RetrieveOutcome extends RetrieveProgress {
  /** Success (0000), some sub-operations failed (B000), or cancelled (FE00). */
  readonly status: number;
  readonly isCancelled: boolean;
  readonly comment: string | undefined;
  /** Failed SOP Instance UID List (0008,0058), where the peer gives one. */
  readonly failedSopInstanceUids: readonly string[];
}

/** C-MOVE as user (PS3.4 C.4.2): has the peer send to a destination; progress as it comes. */
export function move(
  association: OpenAssociation,
  request: MoveRequest,
): Operation<RetrieveProgress, RetrieveOutcome> {
  return retrieve(association, request, {
    commandField: COMMAND_FIELD['C-MOVE'],
    moveDestination: checkAeTitle(request.destination),
  });
}

/**
 * C-GET as user (PS3.4 C.4.3): the peer stores on this same association. `associate` needs what `getProposal` makes
 * and a `storage` service to receive.
 */
export function get(
  association: OpenAssociation,
  request: RetrieveRequest,
): Operation<RetrieveProgress, RetrieveOutcome> {
  return retrieve(association, request, { commandField: COMMAND_FIELD['C-GET'] });
}

function retrieve(
  association: OpenAssociation,
  { model, identifier, signal, priority = 'medium' }: RetrieveRequest,
  command: RequestCommand,
): Operation<RetrieveProgress, RetrieveOutcome> {
  return operation<RetrieveProgress, RetrieveOutcome>({
    association,
    abstractSyntax: model,
    command: { ...command, affectedSopClassUid: model, priority: PRIORITY[priority] },
    identifier,
    signal,
    async read(response) {
      if (statusCategory(response.status) !== 'pending') return undefined;
      await response.dataSet?.discard();
      return progressOf(response.command);
    },
    async finish(response, transferSyntaxUid) {
      const failedSopInstanceUids = failedOf(await collect(response.dataSet), transferSyntaxUid);
      const { status, command } = response;
      const progress = progressOf(command);
      if (statusCategory(status) === 'failure') {
        const { completed, failed, warning } = progress;
        const what = `the retrieval (${completed} completed, ${failed} failed, ${warning} with a warning)`;
        throw operationFailed(response, what);
      }
      return {
        ...progress,
        status,
        isCancelled: status === STATUS.cancel,
        comment: command.errorComment,
        failedSopInstanceUids,
      };
    },
  });
}

function progressOf(command: Command): RetrieveProgress {
  return {
    remaining: command.remainingSuboperations,
    completed: command.completedSuboperations ?? 0,
    failed: command.failedSuboperations ?? 0,
    warning: command.warningSuboperations ?? 0,
  };
}

export const FAILED_INSTANCES = 0x00080058;

/** Some peers put other things than PS3.4 table C.4-2 says into the final response; they change no count. */
function failedOf(bytes: Buffer | undefined, transferSyntaxUid: string): readonly string[] {
  if (bytes === undefined || bytes.length === 0) return [];
  try {
    return readDataSet(bytes, transferSyntaxUid).texts(FAILED_INSTANCES);
  } catch (error) {
    if (error instanceof DimseError) return [];
    throw error;
  }
}
