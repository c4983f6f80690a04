import type { AssociationEnd, AssociationInfo, IncomingRequest, Service } from '../association/index.ts';
import { encodeFileMeta } from '../files/file-meta.ts';
import { COMMAND_FIELD, usableUid } from '../message/command.ts';
import { STATUS } from '../message/status.ts';
import type { ProposedContext } from '../pdu/index.ts';
import { isStandardTransferSyntax, isStorageSopClass, isUncompressed, TRANSFER_SYNTAX } from '../uids.ts';

/** One instance that a peer stores. */
export interface StoreRequest {
  readonly association: AssociationInfo;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** Preamble, `DICM` and file meta information: with the data set behind it, a Part 10 file. */
  readonly fileMeta: Buffer;
  /** The data set as it comes from the socket, untouched. Throws when the peer does not bring it to its end. */
  readonly dataSet: AsyncIterable<readonly Uint8Array[]>;
  /** Gives the memory of pieces of the data set back at once; they are empty afterwards. */
  release(pieces: readonly Uint8Array[]): void;
  /** Set when the instance comes on behalf of a C-MOVE of somebody. */
  readonly moveOriginatorAeTitle?: string;
}

export interface StoreAnswer {
  /** PS3.4 table B.2-1, see STATUS. */
  readonly status: number;
  /** At most 64 characters, seen by the sender: no patient data. */
  readonly comment?: string;
}

/** What receives the instances of one association. */
export interface StoreReceiver {
  /** The peer is answered when this resolves: by then the instance is safe or refused. */
  store(request: StoreRequest): Promise<StoreAnswer>;
  closed?(end: AssociationEnd): void | Promise<void>;
}

export interface StorageOptions {
  /** Called with the first instance of an association. */
  readonly open: (association: AssociationInfo) => StoreReceiver;
  /** Default: every storage SOP class, private ones included. */
  readonly acceptSopClass?: (uid: string) => boolean;
  /** Default: every transfer syntax of the standard; bytes are kept as they are. */
  readonly acceptTransferSyntax?: (uid: string) => boolean;
}

/** C-STORE as provider (PS3.4 annex B): streams each data set to the receiver. */
export function storage(options: StorageOptions): Service {
  const acceptSopClass = options.acceptSopClass ?? isStorageSopClass;
  const acceptTransferSyntax = options.acceptTransferSyntax ?? isStandardTransferSyntax;
  return {
    name: 'storage',
    commands: [COMMAND_FIELD['C-STORE']],
    serves: acceptSopClass,
    choose: (proposal) => chooseTransferSyntax(proposal, acceptTransferSyntax),
    open(association) {
      const receiver = options.open(association);
      return {
        async perform(request, reply) {
          const { status, comment } = await perform(request, receiver);
          await reply({ status, ...(comment === undefined ? {} : { errorComment: comment }) });
        },
        closed: (end) => receiver.closed?.(end),
      };
    },
  };
}

/**
 * The sender's first choice, because it comes nearest to what the sender has; only among the uncompressed ones is
 * explicit little endian taken before the others, which lose the VR or are out of use.
 */
export function chooseTransferSyntax(
  { transferSyntaxes }: ProposedContext,
  accepts: (uid: string) => boolean,
): string | undefined {
  const first = transferSyntaxes.find(accepts);
  const explicit = TRANSFER_SYNTAX.explicitLittleEndian;
  if (first === undefined || !isUncompressed(first)) return first;
  return transferSyntaxes.includes(explicit) && accepts(explicit) ? explicit : first;
}

async function perform(request: IncomingRequest, receiver: StoreReceiver): Promise<StoreAnswer> {
  const { association, command, context, dataSet } = request;
  const sopClassUid = usableUid(command.affectedSopClassUid);
  const sopInstanceUid = usableUid(command.affectedSopInstanceUid);
  if (sopClassUid === undefined) return { status: STATUS.noSuchSopClass, comment: 'No valid SOP class UID' };
  if (sopInstanceUid === undefined) {
    return { status: STATUS.invalidSopInstance, comment: 'No valid SOP instance UID' };
  }
  if (dataSet === undefined) return { status: STATUS.cannotUnderstand, comment: 'No data set' };
  const identity = { sopClassUid, sopInstanceUid, transferSyntaxUid: context.transferSyntax };
  const { moveOriginatorAeTitle } = command;
  return receiver.store({
    association,
    ...identity,
    fileMeta: encodeFileMeta({ ...identity, sourceAeTitle: association.callingAeTitle }),
    dataSet,
    release: (pieces) => dataSet.release(pieces),
    ...(moveOriginatorAeTitle === undefined ? {} : { moveOriginatorAeTitle }),
  });
}
