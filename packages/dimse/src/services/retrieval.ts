import {
  type AssociationInfo,
  type IncomingRequest,
  mayRequest,
  type OpenAssociation,
  type Peer,
  type Reply,
  type ResponseFields,
  type Service,
} from '../association/index.ts';
import { encodeDataSet } from '../data-set/index.ts';
import { DimseError } from '../errors.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import { fromBytes } from '../message/data-source.ts';
import { STATUS, statusCategory } from '../message/status.ts';
import type { UserIdentity } from '../pdu/index.ts';
import { isStorageSopClass, type QueryRetrieveModel } from '../uids.ts';
import { chooseForService } from './contexts.ts';
import { answerOf, identifierOf, refusal } from './refusal.ts';
import { FAILED_INSTANCES } from './retrieve.ts';
import { sendInstances } from './send-instances.ts';
import { chooseTransferSyntax } from './storage.ts';
import { type StoredInstance, storeInstance } from './stored-instance.ts';

/** A C-MOVE or C-GET of a peer. */
export interface IncomingRetrieval {
  readonly association: AssociationInfo;
  /** The SOP class of the information model. */
  readonly model: string;
  readonly identifier: Buffer;
  readonly transferSyntaxUid: string;
  /** AE title to send to; undefined for a C-GET. */
  readonly destination: string | undefined;
  readonly signal: AbortSignal;
}

/** How a retrieval ended: for logs and audit. */
export interface RetrievalReport {
  readonly association: AssociationInfo;
  readonly destination: string | undefined;
  readonly status: number;
  readonly completed: number;
  readonly warning: number;
  readonly failed: readonly { readonly sopInstanceUid: string; readonly reason: string }[];
}

/** Where a C-MOVE sends to, and who we say there that we are. */
export type MoveDestination = Peer & { readonly userIdentity?: UserIdentity };

export interface RetrievalOptions {
  readonly models: readonly QueryRetrieveModel[];
  /** The instances that the identifier asks for. Throw a `refusal` to answer with a failure. */
  select(request: IncomingRetrieval): Promise<readonly StoredInstance[]>;
  /** Where an AE title is reached; undefined for one that nothing is sent to (A801). Left out: no C-MOVE. */
  destination?(
    aeTitle: string,
    association: AssociationInfo,
  ): MoveDestination | undefined | Promise<MoveDestination | undefined>;
  /** Associations to a destination at the same time. Default 1, which keeps the order. */
  readonly maxAssociations?: number;
  readonly onReport?: (report: RetrievalReport) => void;
}

/** C-MOVE and C-GET as provider (PS3.4 C.4.2, C.4.3). */
export function retrieval(options: RetrievalOptions): Service {
  const { models } = options;
  const gets = new Set(models.map(({ get }) => get));
  const moves = new Set(options.destination === undefined ? [] : models.map(({ move }) => move));
  return {
    name: 'retrieval',
    commands: [COMMAND_FIELD['C-GET'], COMMAND_FIELD['C-MOVE']],
    serves: (abstractSyntax) => gets.has(abstractSyntax) || moves.has(abstractSyntax),
    uses: isStorageSopClass,
    choose: (proposal) =>
      gets.has(proposal.abstractSyntax) || moves.has(proposal.abstractSyntax)
        ? chooseForService(proposal)
        : chooseTransferSyntax(proposal, () => true),
    open: () => ({ perform: (request, reply) => perform(request, reply, options) }),
  };
}

async function perform(request: IncomingRequest, reply: Reply, options: RetrievalOptions): Promise<void> {
  const { association, command, context, signal } = request;
  const isMove = command.commandField === COMMAND_FIELD['C-MOVE'];
  const destination = isMove ? (command.moveDestination ?? '') : undefined;
  const counts = new Counts();
  let isReached = true;
  try {
    const identifier = await identifierOf(request.dataSet);
    const peer =
      destination === undefined ? undefined : await destinationOf(destination, association, options);
    const { abstractSyntax: model, transferSyntax: transferSyntaxUid } = context;
    const asked = { association, model, identifier, transferSyntaxUid, destination, signal };
    const instances = await options.select(asked);
    counts.remaining = instances.length;
    const results =
      peer === undefined ? storeBack(request, instances) : sendTo(peer, request, instances, options);
    let isLast = instances.length === 0;
    for await (const result of results) {
      counts.add(result);
      isReached = result.isReached;
      isLast = counts.remaining === 0;
      if (!isLast) await reply({ status: STATUS.pending, ...counts.fields() });
      if (signal.aborted) break;
    }
  } catch (error) {
    await reply(answerOf(error));
    return;
  }
  const status = finalStatus(counts, isReached, signal.aborted);
  options.onReport?.({ association, destination, status, ...counts.report() });
  await replyFinal(reply, status, counts, context.transferSyntax);
}

async function destinationOf(
  aeTitle: string,
  association: AssociationInfo,
  options: RetrievalOptions,
): Promise<MoveDestination> {
  const peer = await options.destination?.(aeTitle, association);
  if (peer === undefined) throw refusal(STATUS.unknownDestination, 'Move destination unknown');
  return peer;
}

/** PS3.4 tables C.4-2 and C.4-3. */
function finalStatus(counts: Counts, isReached: boolean, isAborted: boolean): number {
  if (isAborted && counts.remaining > 0) return STATUS.cancel;
  if (counts.failed.length === 0)
    return counts.warning === 0 ? STATUS.success : STATUS.coercionOfDataElements;
  return isReached ? STATUS.coercionOfDataElements : STATUS.cannotPerformSuboperations;
}

/** What became of one sub-operation. */
interface SubOperation {
  readonly sopInstanceUid: string;
  readonly result: 'completed' | 'warning' | 'failed';
  readonly reason: string;
  /** Whether the destination could be asked at all. */
  readonly isReached: boolean;
}

/** C-GET: over the association that asks, one after another. */
async function* storeBack(
  { back, signal }: IncomingRequest,
  instances: readonly StoredInstance[],
): AsyncGenerator<SubOperation> {
  for (const instance of instances) {
    if (signal.aborted) return;
    yield await storeOneBack(back, instance);
    if (back.error !== undefined) throw back.error;
  }
}

async function storeOneBack(back: OpenAssociation, instance: StoredInstance): Promise<SubOperation> {
  const { sopInstanceUid, sopClassUid } = instance;
  const failed = (reason: string): SubOperation => ({
    sopInstanceUid,
    result: 'failed',
    reason,
    isReached: true,
  });
  if (!mayRequest(back.info, sopClassUid)) return failed('The peer does not take the role of a receiver');
  try {
    const { status, comment } = await storeInstance(back, instance);
    const category = statusCategory(status);
    if (category !== 'success' && category !== 'warning') return failed(comment ?? String(status));
    const result = category === 'success' ? 'completed' : 'warning';
    return { sopInstanceUid, result, reason: '', isReached: true };
  } catch (error) {
    return failed(error instanceof DimseError ? error.code : String(error));
  }
}

/** C-MOVE: over associations of its own. */
async function* sendTo(
  peer: MoveDestination,
  { association, command, signal }: IncomingRequest,
  instances: readonly StoredInstance[],
  { maxAssociations = 1 }: RetrievalOptions,
): AsyncGenerator<SubOperation> {
  const moveOriginator = { aeTitle: association.callingAeTitle, messageId: command.messageId ?? 0 };
  const identity = peer.userIdentity === undefined ? {} : { userIdentity: peer.userIdentity };
  const options = { maxAssociations, moveOriginator, signal, ...identity };
  for await (const outcome of sendInstances(peer, instances, options)) {
    if (signal.aborted) return;
    const { sopInstanceUid } = outcome.instance;
    if (outcome.result === 'error') {
      const { code } = outcome.error;
      const isReached = code !== 'DIMSE_CONNECT_FAILED' && code !== 'DIMSE_REJECTED';
      yield { sopInstanceUid, result: 'failed', reason: code, isReached };
      continue;
    }
    const isStored = outcome.result !== 'failure';
    const result = !isStored ? 'failed' : outcome.result === 'success' ? 'completed' : 'warning';
    yield { sopInstanceUid, result, reason: isStored ? '' : outcome.text, isReached: true };
  }
}

/** Counters of the command set are unsigned shorts. */
const MOST = 0xffff;

class Counts {
  remaining = 0;
  completed = 0;
  warning = 0;
  readonly failed: { readonly sopInstanceUid: string; readonly reason: string }[] = [];

  add({ sopInstanceUid, result, reason }: SubOperation): void {
    this.remaining -= 1;
    if (result === 'completed') this.completed += 1;
    else if (result === 'warning') this.warning += 1;
    else this.failed.push({ sopInstanceUid, reason });
  }

  fields(): Omit<ResponseFields, 'status'> {
    return {
      remainingSuboperations: Math.min(MOST, this.remaining),
      completedSuboperations: Math.min(MOST, this.completed),
      failedSuboperations: Math.min(MOST, this.failed.length),
      warningSuboperations: Math.min(MOST, this.warning),
    };
  }

  report() {
    return { completed: this.completed, warning: this.warning, failed: this.failed };
  }
}

/** The longest value of a UID element in explicit VR. */
const MAX_UID_LIST = 0xfffe;

async function replyFinal(reply: Reply, status: number, counts: Counts, syntax: string): Promise<void> {
  const { remainingSuboperations, ...others } = counts.fields();
  // PS3.4 C.4.2.1.6: what remains is said only while it is pending or was cancelled.
  const fields = status === STATUS.cancel ? { ...others, remainingSuboperations } : others;
  if (counts.failed.length === 0) {
    await reply({ status, ...fields });
    return;
  }
  let list = counts.failed.map(({ sopInstanceUid }) => sopInstanceUid).join('\\');
  if (list.length > MAX_UID_LIST) list = list.slice(0, list.lastIndexOf('\\', MAX_UID_LIST));
  const identifier = encodeDataSet([{ tag: FAILED_INSTANCES, vr: 'UI', value: list }], syntax);
  await reply({ status, ...fields }, fromBytes(identifier));
}
