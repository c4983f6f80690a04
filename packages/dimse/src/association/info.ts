import type { RoleSelection, UserIdentity } from '../pdu/index.ts';

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
  readonly peerImplementationClassUid: string;
  readonly peerImplementationVersionName: string | undefined;
  /** 0 is unlimited. */
  readonly peerMaxPduLength: number;
  readonly contexts: readonly AcceptedContext[];
  readonly roles: readonly RoleSelection[];
  readonly userIdentity: UserIdentity | undefined;
}

/** How an association ended: by a release, by an abort of either side, or without a word. */
export type AssociationEnd = 'released' | 'aborted' | 'lost';
