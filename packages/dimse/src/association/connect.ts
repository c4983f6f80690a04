import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../implementation.ts';
import {
  APPLICATION_CONTEXT,
  type AssociateAccept,
  type AssociateReject,
  type AssociateRequest,
  type AsynchronousOperations,
  type CommonExtendedNegotiation,
  checkAeTitle,
  DEFAULT_MAX_PDU_LENGTH,
  type ExtendedNegotiation,
  type RoleSelection,
  type UserIdentity,
} from '../pdu/index.ts';
import { rejectionError } from '../upper-layer/index.ts';
import { Association } from './association.ts';
import type { AssociationInfo } from './info.ts';
import { acceptedOf } from './negotiate.ts';
import { findContext, type OpenAssociation } from './open-association.ts';
import type { Service } from './service.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';
import { fingerprintOf, secured } from './tls.ts';

/** Where a peer is and how it wants to be called. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** With it the connection is TLS by BCP 195 (PS3.15 B.10); `key` and `cert` show our own certificate. */
  readonly tls?: ConnectionOptions;
  readonly timeouts?: Partial<Timeouts>;
}

export interface ProposedSyntaxes {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

export interface AssociateOptions {
  /** At most 128; each becomes one presentation context. */
  readonly contexts: readonly ProposedSyntaxes[];
  readonly maxPduLength?: number;
  /** How many requests we would like to have outstanding; the peer may grant fewer. Default 1. */
  readonly window?: number;
  /** How many requests of the peer we would perform at the same time. Default 1. */
  readonly performs?: number;
  readonly roles?: readonly RoleSelection[];
  readonly extended?: readonly ExtendedNegotiation[];
  readonly commonExtended?: readonly CommonExtendedNegotiation[];
  readonly userIdentity?: UserIdentity;
  /** What we serve to the peer on this association (C-GET, storage commitment). */
  readonly services?: readonly Service[];
  readonly signal?: AbortSignal;
}

/** An association that we asked for and got. */
export interface RequestedAssociation extends OpenAssociation {
  /** Ends it in order. Rejects where the peer does not agree in time. */
  release(): Promise<void>;
}

/** Opens an association. Rejects with a DimseError: not reached, refused, aborted, out of time. */
export async function associate(peer: Peer, options: AssociateOptions): Promise<RequestedAssociation> {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...peer.timeouts };
  const request = requestPdu(peer, options);
  const where = `${peer.host}:${peer.port} (${peer.calledAeTitle})`;
  const socket = await open(peer, timeouts.connectMs, where, options.signal);
  let resolveAnswer: (answer: AssociationInfo | AssociateReject) => void = () => {};
  const answered = new Promise<AssociationInfo | AssociateReject>((resolve) => {
    resolveAnswer = resolve;
  });
  const association: Association = new Association(socket, {
    role: 'requestor',
    maxPduLength: request.user.maxPduLength,
    timeouts,
    onAnswer: (answer) => {
      if (answer.kind === 'associate-reject') {
        resolveAnswer(answer);
        return;
      }
      const info = agreed(peer, socket, request, answer);
      // At once: the bytes behind the answer may be a message already.
      const { invoked, performed } = info.asynchronousOperations;
      const window = {
        ours: granted(options.window ?? 1, invoked),
        peers: granted(options.performs ?? 1, performed),
      };
      association.establish(info, options.services ?? [], window);
      resolveAnswer(info);
    },
  });
  const abort = () =>
    association.abort(new DimseError('DIMSE_ABORTED', 'This side aborted the association.', { where }));
  options.signal?.addEventListener('abort', abort);
  void association.ended.then(() => options.signal?.removeEventListener('abort', abort));
  association.associate(request);
  if (options.signal?.aborted) abort();
  const answer = await Promise.race([answered, association.failure, association.ended]);
  if (answer instanceof DimseError) throw answer;
  if (typeof answer === 'string') throw association.error ?? lost(where);
  if ('kind' in answer) throw rejectionError(answer, where);
  const info = answer;
  return {
    info,
    context: (abstractSyntax, transferSyntax) => findContext(info, abstractSyntax, transferSyntax),
    prepare: (context, dataSet) => association.prepare(context, dataSet),
    request: (context, command, dataSet) => association.request(context, command, dataSet),
    release: () => association.release(),
    abort,
    get error() {
      return association.error;
    },
  };
}

/** PS3.7 D.3.3.3: without an answer it is one operation at a time in each direction. */
const SYNCHRONOUS: AsynchronousOperations = { invoked: 1, performed: 1 };

/** Zero in the answer is no limit; more than was asked for is not used. */
const granted = (asked: number, answered: number) =>
  Math.max(1, answered === 0 ? asked : Math.min(asked, answered));

function requestPdu(peer: Peer, options: AssociateOptions): AssociateRequest {
  const { window = 1, performs = 1 } = options;
  return {
    kind: 'associate-request',
    protocolVersion: 1,
    calledAeTitle: checkAeTitle(peer.calledAeTitle),
    callingAeTitle: checkAeTitle(peer.callingAeTitle),
    applicationContext: APPLICATION_CONTEXT,
    contexts: options.contexts.map((context, index) => ({ id: 2 * index + 1, ...context })),
    user: {
      maxPduLength: options.maxPduLength ?? DEFAULT_MAX_PDU_LENGTH,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      ...(window === 1 && performs === 1
        ? {}
        : { asynchronousOperations: { invoked: window, performed: performs } }),
      roles: options.roles ?? [],
      extended: options.extended ?? [],
      commonExtended: options.commonExtended ?? [],
      ...(options.userIdentity === undefined ? {} : { userIdentity: options.userIdentity }),
    },
  };
}

function agreed(
  peer: Peer,
  socket: Socket,
  request: AssociateRequest,
  { user, contexts }: AssociateAccept,
): AssociationInfo {
  return {
    role: 'requestor',
    callingAeTitle: request.callingAeTitle,
    calledAeTitle: request.calledAeTitle,
    remoteAddress: socket.remoteAddress ?? peer.host,
    remotePort: peer.port,
    isEncrypted: peer.tls !== undefined,
    peerCertificate: fingerprintOf(socket),
    peerImplementationClassUid: user.implementationClassUid,
    peerImplementationVersionName: user.implementationVersionName,
    peerMaxPduLength: user.maxPduLength,
    contexts: acceptedOf(request, contexts),
    roles: user.roles,
    asynchronousOperations: user.asynchronousOperations ?? SYNCHRONOUS,
    extended: user.extended,
    commonExtended: request.user.commonExtended,
    userIdentity: undefined,
    userIdentityResponse: user.userIdentityResponse,
  };
}

function open(
  peer: Peer,
  connectMs: number,
  where: string,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port, tls } = peer;
    const socket: Socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({ ...(isIP(host) === 0 ? { servername: host } : {}), ...secured(tls), host, port });
    const fail = (found: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      const isTls = tls !== undefined;
      const remedy = `Check host, port${isTls ? ', certificates' : ''} and firewall.`;
      const details = { where, found, remedy, ...(cause === undefined ? {} : { cause }) };
      reject(new DimseError('DIMSE_CONNECT_FAILED', 'The peer could not be reached.', details));
    };
    const timer = setTimeout(() => fail(`no answer within ${connectMs} ms`), connectMs);
    const onError = (error: Error) => fail(error.message, error);
    const onAbort = () => fail('cancelled', signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function lost(where: string): DimseError {
  return new DimseError(
    'DIMSE_CONNECTION_LOST',
    'The connection was lost before the association was answered.',
    {
      where,
    },
  );
}
