import type {
  AsynchronousOperations,
  CommonExtendedNegotiation,
  ExtendedNegotiation,
  RoleSelection,
  UserIdentity,
} from '../pdu/index.ts';

export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** What both sides agreed on. */
export interface AssociationInfo {
  readonly role: 'requestor' | 'acceptor';
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isEncrypted: boolean;
  /** SHA-256 fingerprint of the certificate that the peer has shown and that was checked, `AB:CD:…`. */
  readonly peerCertificate: string | undefined;
  readonly peerImplementationClassUid: string;
  readonly peerImplementationVersionName: string | undefined;
  /** 0 is unlimited. */
  readonly peerMaxPduLength: number;
  readonly contexts: readonly AcceptedContext[];
  /** Of the requestor: what it may do, as both agreed. */
  readonly roles: readonly RoleSelection[];
  /** How many operations the requestor may have outstanding, and how many the acceptor; 0 is unlimited. */
  readonly asynchronousOperations: AsynchronousOperations;
  /** What the peer said: its proposal where it is the requestor, its answer where it is the acceptor. */
  readonly extended: readonly ExtendedNegotiation[];
  /** Of the requestor: to which service its SOP classes belong (PS3.7 D.3.3.6). */
  readonly commonExtended: readonly CommonExtendedNegotiation[];
  /** Who the requestor says it is (acceptor only). */
  readonly userIdentity: UserIdentity | undefined;
  /** What the acceptor answered to that (requestor only): a Kerberos ticket, a SAML or JWT response, or nothing. */
  readonly userIdentityResponse: Uint8Array | undefined;
}

/** PS3.7 D.3.3.4: whether this side may send requests for an abstract syntax; without a word the requestor may. */
export function mayRequest({ role, roles }: AssociationInfo, abstractSyntax: string): boolean {
  const agreed = roles.find(({ sopClassUid }) => sopClassUid === abstractSyntax);
  return role === 'requestor' ? (agreed?.scu ?? true) : (agreed?.scp ?? false);
}

/** How an association ended: by a release, by an abort of either side, or without a word. */
export type AssociationEnd = 'released' | 'aborted' | 'lost';
