import type { TlsOptions } from 'node:tls';
import {
  type AssociationInfo,
  type DimseServer,
  type DimseServerEvent,
  type DimseServerOptions,
  listen,
  type Service,
  STATUS,
  type StoreAnswer,
  type StoreReceiver,
  type StoreRequest,
  storage,
  type Timeouts,
  verification,
} from '@photopeak/dimse';
import { IntakeRefusal, type IntakeSession, type IntakeSink } from '../sink.ts';
import { answerOutcome, answerRefusal, type ConflictAnswer } from './answer.ts';

export interface DimseIntakeOptions {
  readonly sink: IntakeSink;
  readonly aeTitles: readonly string[];
  readonly peers: DimseServerOptions['peers'];
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsOptions;
  /** Default `warning` (B000): nothing is lost, and the sender's log shows that something is odd. */
  readonly conflictAnswer?: ConflictAnswer;
  readonly maxAssociations?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly onEvent?: (event: DimseServerEvent) => void;
  /** Whether a peer that was let in may store; default: every one. Others are answered 0124. */
  readonly mayStore?: (association: AssociationInfo) => boolean;
  /** Served on the same port besides C-ECHO and C-STORE. */
  readonly services?: readonly Service[];
}

/** The DICOM listener of the node: C-ECHO and C-STORE, straight from the socket into the archive. */
export function startDimseIntake(options: DimseIntakeOptions): Promise<DimseServer> {
  const { sink, conflictAnswer = 'warning', mayStore = () => true, services = [], ...rest } = options;
  const store = storage({
    open: (association) =>
      mayStore(association) ? receiveInto(sink, association, conflictAnswer) : refuseAll,
  });
  return listen({ ...rest, services: [verification(), store, ...services] });
}

/** The data sets are read to their end, so that the association stays in order. */
const refuseAll: StoreReceiver = {
  async store({ dataSet, release }) {
    for await (const pieces of dataSet) release(pieces);
    return { status: STATUS.notAuthorized, comment: 'This AE title may not store here' };
  },
};

/** One association's way into the archive; its end is evidence that a study is complete. */
export function receiveInto(
  sink: IntakeSink,
  association: AssociationInfo,
  conflictAnswer: ConflictAnswer,
): StoreReceiver {
  const { callingAeTitle, calledAeTitle, remoteAddress } = association;
  const session = sink.open({ kind: 'dimse', callingAeTitle, calledAeTitle, address: remoteAddress });
  return {
    store: (request) => storeInto(session, request, conflictAnswer),
    closed: (end) => session.close(end === 'released' ? 'complete' : end),
  };
}

async function storeInto(
  session: IntakeSession,
  request: StoreRequest,
  conflictAnswer: ConflictAnswer,
): Promise<StoreAnswer> {
  try {
    const file = await session.begin();
    try {
      await file.write([request.fileMeta]);
      for await (const pieces of request.dataSet) {
        await file.write(pieces);
        request.release(pieces);
      }
      const { sopClassUid, sopInstanceUid, transferSyntaxUid } = request;
      const outcome = await file.commit({ sopClassUid, sopInstanceUid, transferSyntaxUid });
      return answerOutcome(outcome, conflictAnswer);
    } catch (error) {
      // The sender died in the middle, or the archive refused: nothing stays.
      await file.abort();
      throw error;
    }
  } catch (error) {
    if (error instanceof IntakeRefusal) return answerRefusal(error);
    throw error;
  }
}
