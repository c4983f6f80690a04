import { createServer as createTcpServer, isIPv4, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../implementation.ts';
import {
  APPLICATION_CONTEXT,
  type AssociateAccept,
  type AssociateRequest,
  type AsynchronousOperations,
  checkAeTitle,
  DEFAULT_MAX_PDU_LENGTH,
  MIN_PEER_PDU_LENGTH,
  type UserIdentity,
} from '../pdu/index.ts';
import type { Rejection } from '../upper-layer/index.ts';
import { Association } from './association.ts';
import type { AssociationEnd, AssociationInfo } from './info.ts';
import { negotiate } from './negotiate.ts';
import type { Service } from './service.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';
import { fingerprintOf, secured, showsUntrusted } from './tls.ts';

/** A peer that may open associations. */
export interface AllowedPeer {
  readonly aeTitle: string;
  /** IP addresses it may come from; any, where left out. */
  readonly addresses?: readonly string[];
  /** SHA-256 fingerprints (`AB:CD:…`) of the certificates it may show; any trusted one, where left out. */
  readonly certificates?: readonly string[];
  /** Abstract syntaxes that it may propose; others are not accepted. All, where left out. */
  readonly abstractSyntaxes?: readonly string[];
}

export type AllowedPeers = readonly AllowedPeer[] | 'any';

export interface DimseServerOptions {
  /** Titles under which this node may be called. A request for another is refused. */
  readonly aeTitles: readonly string[];
  readonly services: readonly Service[];
  /** Who may call; `any` accepts every calling title and address. A function is asked at each association. */
  readonly peers: AllowedPeers | (() => AllowedPeers);
  /** Default: loopback only. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** With it every connection is TLS by BCP 195 (PS3.15 B.10); `requestCert` and `ca` ask for the peer's certificate. */
  readonly tls?: TlsOptions;
  readonly maxAssociations?: number;
  /** Associations that one address may have open; one more is refused for the time being. Default 32. */
  readonly maxAssociationsPerAddress?: number;
  readonly maxPduLength?: number;
  /** Requests of one association that are performed at the same time, where the peer asks for it. Default 1. */
  readonly maxOperations?: number;
  /**
   * Decides on the user that a peer names (PS3.7 D.3.3.7), also where it names none. Where left out nobody is asked
   * for, and what is said is passed on in `AssociationInfo`.
   */
  readonly identify?: (claim: IdentityClaim) => Promise<IdentityAnswer>;
  readonly timeouts?: Partial<Timeouts>;
  readonly onEvent?: (event: DimseServerEvent) => void;
}

export interface IdentityClaim {
  readonly identity: UserIdentity | undefined;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
}

/** `response` goes back where the peer asked for one (Kerberos, SAML, JWT). */
export type IdentityAnswer =
  | { readonly isAccepted: true; readonly response?: Uint8Array }
  | { readonly isAccepted: false };

export type DimseServerEvent =
  | { readonly kind: 'opened'; readonly association: AssociationInfo }
  | { readonly kind: 'closed'; readonly association: AssociationInfo; readonly end: AssociationEnd }
  | {
      readonly kind: 'refused';
      readonly callingAeTitle: string;
      readonly calledAeTitle: string;
      readonly remoteAddress: string;
      readonly reason: Rejection;
    }
  /** An association or a connection went wrong; it is over, the server goes on. */
  | { readonly kind: 'problem'; readonly remoteAddress: string; readonly error: unknown };

export interface DimseServer {
  readonly host: string;
  readonly port: number;
  /** Associations that are open now. */
  readonly associations: number;
  /** Stops listening, lets running requests end within `graceMs`, then closes every connection. */
  close(graceMs?: number): Promise<void>;
}

export const DEFAULT_MAX_ASSOCIATIONS = 64;
export const DEFAULT_MAX_ASSOCIATIONS_PER_ADDRESS = 32;

/** Sockets beyond the associations: those that are still negotiating, being refused or closing. */
const SPARE_CONNECTIONS = 64;
/** The same for one address, so that one that only opens connections leaves room for the others. */
const SPARE_CONNECTIONS_PER_ADDRESS = 16;

/** Listens for associations. Rejects where the address cannot be bound. */
export async function listen(options: DimseServerOptions): Promise<DimseServer> {
  const acceptor = new Acceptor(options);
  const server = acceptor.server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host ?? '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address');
  return {
    host: address.address,
    port: address.port,
    get associations() {
      return acceptor.openCount;
    },
    close: (graceMs = 5000) => acceptor.close(graceMs),
  };
}

class Acceptor {
  readonly server: Server;
  readonly #options: DimseServerOptions;
  readonly #timeouts: Timeouts;
  readonly #maxAssociations: number;
  readonly #maxPerAddress: number;
  readonly #connections = new Set<Association>();
  readonly #sockets = createCounts();
  readonly #openOf = createCounts();
  #open = 0;

  constructor(options: DimseServerOptions) {
    for (const title of options.aeTitles) checkAeTitle(title);
    this.#options = options;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#maxAssociations = options.maxAssociations ?? DEFAULT_MAX_ASSOCIATIONS;
    this.#maxPerAddress = options.maxAssociationsPerAddress ?? DEFAULT_MAX_ASSOCIATIONS_PER_ADDRESS;
    const onConnection = (socket: Socket) => this.#connected(socket);
    this.server =
      options.tls === undefined
        ? createTcpServer()
        : createTlsServer(
            { handshakeTimeout: this.#timeouts.artimMs, ...secured(options.tls) },
            onConnection,
          );
    this.server.maxConnections = this.#maxAssociations + SPARE_CONNECTIONS;
    // Of a TLS server this is the TCP connection: it counts from before the handshake.
    this.server.on('connection', (socket: Socket) => this.#admit(socket));
    if (options.tls === undefined) this.server.on('connection', onConnection);
    if (options.tls !== undefined) {
      this.server.on('tlsClientError', (error: Error, socket: Socket) => {
        options.onEvent?.({ kind: 'problem', remoteAddress: socket.remoteAddress ?? '', error });
        socket.destroy();
      });
    }
  }

  get openCount(): number {
    return this.#open;
  }

  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    await Promise.all([...this.#connections].map((association) => association.shutDown(graceMs)));
    await closed;
  }

  /** Counts the connections of an address and closes those beyond its share. */
  #admit(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (this.#sockets.of(address) >= this.#maxPerAddress + SPARE_CONNECTIONS_PER_ADDRESS) {
      const found = `${this.#sockets.of(address)} connections`;
      const error = new DimseError('DIMSE_ABORTED', 'An address opened too many connections.', { found });
      this.#options.onEvent?.({ kind: 'problem', remoteAddress: address, error });
      socket.destroy();
      return;
    }
    this.#sockets.add(address, 1);
    socket.once('close', () => this.#sockets.add(address, -1));
  }

  #connected(socket: Socket): void {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    const remoteAddress = plainAddress(socket.remoteAddress ?? '');
    if (showsUntrusted(socket)) {
      const error = new DimseError('DIMSE_REJECTED', 'The certificate of the peer is not trusted.', {
        where: remoteAddress,
      });
      this.#options.onEvent?.({ kind: 'problem', remoteAddress, error });
      socket.destroy();
      return;
    }
    const association: Association = new Association(socket, {
      role: 'acceptor',
      maxPduLength: this.#maxPduLength,
      timeouts: this.#timeouts,
      refusal: () =>
        this.#open >= this.#maxAssociations || this.#openOf.of(remoteAddress) >= this.#maxPerAddress
          ? 'local-limit-exceeded'
          : undefined,
      onRequest: (request) => this.#requested(association, socket, request, remoteAddress),
      onProblem: (error) => this.#options.onEvent?.({ kind: 'problem', remoteAddress, error }),
    });
    this.#connections.add(association);
    void association.ended.then((end) => {
      this.#connections.delete(association);
      if (association.error !== undefined) {
        this.#options.onEvent?.({ kind: 'problem', remoteAddress, error: association.error });
      }
      if (association.info === undefined) return;
      this.#open -= 1;
      this.#openOf.add(remoteAddress, -1);
      this.#options.onEvent?.({ kind: 'closed', association: association.info, end });
    });
    association.upper.transportIndicated();
  }

  get #maxPduLength(): number {
    return this.#options.maxPduLength ?? DEFAULT_MAX_PDU_LENGTH;
  }

  #requested(
    association: Association,
    socket: Socket,
    request: AssociateRequest,
    remoteAddress: string,
  ): void {
    const { calledAeTitle, callingAeTitle } = request;
    const reason = this.#refusal(request, remoteAddress, fingerprintOf(socket));
    if (reason !== undefined) {
      this.#options.onEvent?.({ kind: 'refused', callingAeTitle, calledAeTitle, remoteAddress, reason });
      association.upper.reject(reason);
      return;
    }
    const { identify } = this.#options;
    if (identify === undefined) {
      this.#accept(association, socket, request, remoteAddress, undefined);
      return;
    }
    const identity = request.user.userIdentity;
    identify({ identity, callingAeTitle, calledAeTitle, remoteAddress })
      .then((decision) => {
        // Meanwhile the peer may have gone.
        if (association.upper.state !== 'Sta3') return;
        if (decision.isAccepted) {
          this.#accept(association, socket, request, remoteAddress, decision.response ?? new Uint8Array(0));
          return;
        }
        const kind = 'refused';
        this.#options.onEvent?.({ kind, callingAeTitle, calledAeTitle, remoteAddress, reason: 'no-reason' });
        association.upper.reject('no-reason');
      })
      .catch((cause: unknown) => {
        const found = cause instanceof Error ? cause.message : String(cause);
        const text = 'The identity of the peer could not be checked.';
        association.abort(new DimseError('DIMSE_ABORTED', text, { where: remoteAddress, found, cause }));
      });
  }

  #accept(
    association: Association,
    socket: Socket,
    request: AssociateRequest,
    remoteAddress: string,
    identityResponse: Uint8Array | undefined,
  ): void {
    const { calledAeTitle, callingAeTitle, user } = request;
    const { answers, accepted, roles, extended } = negotiate(
      request,
      this.#options.services,
      this.#allowedSyntaxes(request, remoteAddress, fingerprintOf(socket)),
    );
    const asynchronousOperations = this.#operations(user.asynchronousOperations);
    const info: AssociationInfo = {
      role: 'acceptor',
      callingAeTitle,
      calledAeTitle,
      remoteAddress,
      remotePort: socket.remotePort ?? 0,
      isEncrypted: this.#options.tls !== undefined,
      peerCertificate: fingerprintOf(socket),
      peerImplementationClassUid: user.implementationClassUid,
      peerImplementationVersionName: user.implementationVersionName,
      peerMaxPduLength: user.maxPduLength,
      contexts: accepted,
      roles,
      asynchronousOperations,
      extended: user.extended,
      commonExtended: user.commonExtended,
      userIdentity: user.userIdentity,
      userIdentityResponse: undefined,
    };
    const sendsResponse = identityResponse !== undefined && user.userIdentity?.positiveResponseRequested;
    const answer: AssociateAccept = {
      kind: 'associate-accept',
      protocolVersion: 1,
      calledAeTitle,
      callingAeTitle,
      applicationContext: APPLICATION_CONTEXT,
      contexts: answers,
      user: {
        maxPduLength: this.#maxPduLength,
        implementationClassUid: IMPLEMENTATION_CLASS_UID,
        implementationVersionName: IMPLEMENTATION_VERSION_NAME,
        // Answered only where it was proposed.
        ...(user.asynchronousOperations === undefined ? {} : { asynchronousOperations }),
        roles,
        extended,
        commonExtended: [],
        ...(sendsResponse ? { userIdentityResponse: identityResponse } : {}),
      },
    };
    this.#open += 1;
    this.#openOf.add(remoteAddress, 1);
    association.establish(info, this.#options.services, {
      ours: asynchronousOperations.performed,
      peers: asynchronousOperations.invoked,
    });
    association.upper.accept(answer);
    this.#options.onEvent?.({ kind: 'opened', association: info });
  }

  /** PS3.7 D.3.3.3: what the requestor may have outstanding, and what we may; zero would be no limit. */
  #operations(asked: AsynchronousOperations | undefined): AsynchronousOperations {
    const most = this.#options.maxOperations ?? 1;
    const grant = (wish: number) => (wish === 0 ? most : Math.min(wish, most));
    return asked === undefined
      ? { invoked: 1, performed: 1 }
      : { invoked: grant(asked.invoked), performed: grant(asked.performed) };
  }

  #peers(): AllowedPeers {
    const { peers } = this.#options;
    return typeof peers === 'function' ? peers() : peers;
  }

  /** The entries of the list that let this peer in. */
  #known(request: AssociateRequest, remoteAddress: string, certificate: string | undefined): AllowedPeer[] {
    const peers = this.#peers();
    if (peers === 'any') return [];
    return peers.filter(
      ({ aeTitle, addresses, certificates }) =>
        aeTitle === request.callingAeTitle &&
        (addresses === undefined || addresses.includes(remoteAddress)) &&
        (certificates === undefined || (certificate !== undefined && certificates.includes(certificate))),
    );
  }

  /** What this peer may propose; undefined is everything. */
  #allowedSyntaxes(
    request: AssociateRequest,
    remoteAddress: string,
    certificate: string | undefined,
  ): ReadonlySet<string> | undefined {
    const entries = this.#known(request, remoteAddress, certificate);
    if (entries.length === 0 || entries.some(({ abstractSyntaxes }) => abstractSyntaxes === undefined)) {
      return undefined;
    }
    return new Set(entries.flatMap(({ abstractSyntaxes = [] }) => abstractSyntaxes));
  }

  #refusal(
    request: AssociateRequest,
    remoteAddress: string,
    certificate: string | undefined,
  ): Rejection | undefined {
    const { aeTitles } = this.#options;
    const peers = this.#peers();
    if (!aeTitles.includes(request.calledAeTitle)) return 'called-ae-title-not-recognized';
    if (!isPossibleTitle(request.callingAeTitle)) return 'calling-ae-title-not-recognized';
    if (peers !== 'any' && this.#known(request, remoteAddress, certificate).length === 0) {
      return 'calling-ae-title-not-recognized';
    }
    const { maxPduLength } = request.user;
    return maxPduLength !== 0 && maxPduLength < MIN_PEER_PDU_LENGTH ? 'no-reason' : undefined;
  }
}

/** How many there are of each key; a key without any takes no room. */
function createCounts(): { of(key: string): number; add(key: string, change: number): void } {
  const counts = new Map<string, number>();
  return {
    of: (key) => counts.get(key) ?? 0,
    add(key, change) {
      const count = (counts.get(key) ?? 0) + change;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    },
  };
}

function isPossibleTitle(title: string): boolean {
  try {
    checkAeTitle(title);
    return true;
  } catch (error) {
    if (error instanceof DimseError) return false;
    throw error;
  }
}

/** IPv4 addresses without the `::ffff:` that a dual-stack socket gives them. */
function plainAddress(address: string): string {
  const mapped = address.replace(/^::ffff:/i, '');
  return isIPv4(mapped) ? mapped : address;
}
