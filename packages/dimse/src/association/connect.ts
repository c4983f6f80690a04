import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../implementation.ts';
import type { DataSource } from '../message/data-source.ts';
import type { Responses } from '../message/responses.ts';
import {
  APPLICATION_CONTEXT,
  type AssociateAccept,
  type AssociateReject,
  type AssociateRequest,
  checkAeTitle,
  DEFAULT_MAX_PDU_LENGTH,
  type ExtendedNegotiation,
  type RoleSelection,
  type UserIdentity,
} from '../pdu/index.ts';
import { rejectionError } from '../upper-layer/index.ts';
import { Association } from './association.ts';
import type { RequestCommand } from './exchange.ts';
import type { AcceptedContext, AssociationInfo } from './info.ts';
import { acceptedOf } from './negotiate.ts';
import type { Service } from './service.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';

/** Where a peer is and how it wants to be called. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** With it the connection is TLS (PS3.15 B); `key` and `cert` show our own certificate. */
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
  /** How many requests we would like to have outstanding. */
  readonly window?: number;
  readonly roles?: readonly RoleSelection[];
  readonly extended?: readonly ExtendedNegotiation[];
  readonly userIdentity?: UserIdentity;
  /** What we serve to the peer on this association (C-GET, storage commitment). */
  readonly services?: readonly Service[];
  readonly signal?: AbortSignal;
}

/** An association that we asked for and got. */
export interface RequestedAssociation {
  readonly info: AssociationInfo;
  /** The accepted context for an abstract syntax, in one transfer syntax where that is given. */
  context(abstractSyntax: string, transferSyntax?: string): AcceptedContext | undefined;
  /** Sends one request; `finalResponse` waits for a single answer. */
  request(context: AcceptedContext, command: RequestCommand, dataSet?: DataSource): Promise<Responses>;
  release(): Promise<void>;
  abort(): void;
  /** Why it is over, where that was not a release. */
  readonly error: DimseError | undefined;
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
      const window = effectiveWindow(options.window ?? 1, answer.user.asynchronousOperations?.invoked);
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
    context: (abstractSyntax, transferSyntax) =>
      info.contexts.find(
        (context) =>
          context.abstractSyntax === abstractSyntax &&
          (transferSyntax === undefined || context.transferSyntax === transferSyntax),
      ),
    request: (context, command, dataSet) => association.request(context, command, dataSet),
    release: () => association.release(),
    abort,
    get error() {
      return association.error;
    },
  };
}

/** PS3.7 D.3.3.3: without an answer the window is one; zero in the answer is no limit. */
function effectiveWindow(asked: number, answered: number | undefined): number {
  if (answered === undefined) return 1;
  return answered === 0 ? asked : Math.max(1, Math.min(asked, answered));
}

function requestPdu(peer: Peer, options: AssociateOptions): AssociateRequest {
  const window = options.window ?? 1;
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
      ...(window === 1 ? {} : { asynchronousOperations: { invoked: window, performed: 1 } }),
      roles: options.roles ?? [],
      extended: options.extended ?? [],
      commonExtended: [],
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
    peerImplementationClassUid: user.implementationClassUid,
    peerImplementationVersionName: user.implementationVersionName,
    peerMaxPduLength: user.maxPduLength,
    contexts: acceptedOf(request, contexts),
    roles: user.roles,
    userIdentity: undefined,
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
        : connectTls({
            minVersion: 'TLSv1.2',
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...tls,
            host,
            port,
          });
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
