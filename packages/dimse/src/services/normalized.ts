import type {
  AssociationInfo,
  IncomingRequest,
  OpenAssociation,
  Reply,
  ResponseFields,
  Service,
} from '../association/index.ts';
import { collect } from '../message/collect.ts';
import { COMMAND_FIELD, usableUid } from '../message/command.ts';
import { fromBytes } from '../message/data-source.ts';
import { STATUS } from '../message/status.ts';
import { chooseForService } from './contexts.ts';
import type { DataSetEncoder } from './operation.ts';
import { answerOf, refusal } from './refusal.ts';

/** An N-service of a peer (PS3.7 section 10). */
export interface NormalizedRequest {
  readonly association: AssociationInfo;
  /** For requests of our own on the same association (event reports). */
  readonly back: OpenAssociation;
  /** What the presentation context was negotiated for. */
  readonly abstractSyntax: string;
  readonly sopClassUid: string;
  /** Undefined only in an N-CREATE that leaves the choice to us. */
  readonly sopInstanceUid: string | undefined;
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
  /** N-EVENT-REPORT. */
  readonly eventTypeId: number | undefined;
  /** N-ACTION. */
  readonly actionTypeId: number | undefined;
  /** N-GET: what is asked for; empty is everything. */
  readonly attributes: readonly number[];
  readonly signal: AbortSignal;
}

export interface NormalizedAnswer {
  readonly status: number;
  /** At most 64 characters, seen by the peer: no patient data. */
  readonly comment?: string;
  /** N-CREATE: the UID that was chosen. */
  readonly sopInstanceUid?: string;
  readonly dataSet?: DataSetEncoder;
  /** Attributes at fault (PS3.7 C.4.2). */
  readonly attributes?: readonly number[];
  readonly errorId?: number;
  /** What follows the answer, such as an event report; the association stays open for it. */
  readonly afterwards?: () => Promise<void>;
}

/** Throw a `refusal` to answer with a failure. */
export type NormalizedHandler = (request: NormalizedRequest) => Promise<NormalizedAnswer>;

export interface NormalizedHandlers {
  readonly create?: NormalizedHandler;
  readonly set?: NormalizedHandler;
  readonly get?: NormalizedHandler;
  readonly action?: NormalizedHandler;
  readonly delete?: NormalizedHandler;
  readonly eventReport?: NormalizedHandler;
}

export interface NormalizedOptions extends NormalizedHandlers {
  readonly name: string;
  readonly abstractSyntaxes: readonly string[];
}

const HANDLERS: Readonly<Record<number, keyof NormalizedHandlers>> = {
  [COMMAND_FIELD['N-CREATE']]: 'create',
  [COMMAND_FIELD['N-SET']]: 'set',
  [COMMAND_FIELD['N-GET']]: 'get',
  [COMMAND_FIELD['N-ACTION']]: 'action',
  [COMMAND_FIELD['N-DELETE']]: 'delete',
  [COMMAND_FIELD['N-EVENT-REPORT']]: 'eventReport',
};

/**
 * N-services as provider. With `eventReport` it is also the user that gets reports on an association which the
 * provider opened: such a peer may take the provider's role.
 */
export function normalized(options: NormalizedOptions): Service {
  const { name, abstractSyntaxes } = options;
  const isOurs = (abstractSyntax: string) => abstractSyntaxes.includes(abstractSyntax);
  return {
    name,
    commands: Object.entries(HANDLERS)
      .filter(([, handler]) => options[handler] !== undefined)
      .map(([command]) => Number(command)),
    serves: isOurs,
    uses: (abstractSyntax) => options.eventReport !== undefined && isOurs(abstractSyntax),
    choose: chooseForService,
    open: () => ({
      async perform(request, reply) {
        const answer = await answerTo(request, options);
        await send(answer, reply, request.context.transferSyntax);
        await answer.afterwards?.();
      },
    }),
  };
}

async function answerTo(
  { association, back, command, context, dataSet, signal }: IncomingRequest,
  options: NormalizedOptions,
): Promise<NormalizedAnswer> {
  const handler = HANDLERS[command.commandField]!;
  try {
    const sopClassUid = usableUid(command.affectedSopClassUid ?? command.requestedSopClassUid);
    const given = command.affectedSopInstanceUid ?? command.requestedSopInstanceUid;
    const sopInstanceUid = usableUid(given);
    if (sopClassUid === undefined) throw refusal(STATUS.noSuchSopClass, 'No valid SOP class UID');
    if (sopInstanceUid === undefined && (handler !== 'create' || (given !== undefined && given !== ''))) {
      throw refusal(STATUS.invalidSopInstance, 'No valid SOP instance UID');
    }
    return await options[handler]!({
      association,
      back,
      abstractSyntax: context.abstractSyntax,
      sopClassUid,
      sopInstanceUid,
      dataSet: await collect(dataSet),
      transferSyntaxUid: context.transferSyntax,
      eventTypeId: command.eventTypeId,
      actionTypeId: command.actionTypeId,
      attributes: command.attributeIdentifierList ?? [],
      signal,
    });
  } catch (error) {
    const { status, errorComment } = answerOf(error);
    return { status, ...(errorComment === undefined ? {} : { comment: errorComment }) };
  }
}

async function send(answer: NormalizedAnswer, reply: Reply, transferSyntaxUid: string): Promise<void> {
  const fields: ResponseFields = {
    status: answer.status,
    ...(answer.comment === undefined ? {} : { errorComment: answer.comment }),
    ...(answer.sopInstanceUid === undefined ? {} : { affectedSopInstanceUid: answer.sopInstanceUid }),
    ...(answer.attributes === undefined ? {} : { attributeIdentifierList: answer.attributes }),
    ...(answer.errorId === undefined ? {} : { errorId: answer.errorId }),
  };
  await reply(
    fields,
    answer.dataSet === undefined ? undefined : fromBytes(answer.dataSet(transferSyntaxUid)),
  );
}
