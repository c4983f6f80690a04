/** The protocol data units of the DICOM upper layer, PS3.8 section 9.3, as values. */

/** PS3.7 A.2.1: the only application context there is. */
export const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';

export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  /** In the proposer's order of preference, at least one. */
  readonly transferSyntaxes: readonly string[];
}

/** PS3.8 table 9-18, in the order of their codes 0 to 4. */
export const CONTEXT_RESULTS = [
  'accepted',
  'refused',
  'refused-without-reason',
  'abstract-syntax-not-supported',
  'transfer-syntaxes-not-supported',
] as const;
export type ContextResult = (typeof CONTEXT_RESULTS)[number];

export interface AnsweredContext {
  readonly id: number;
  readonly result: ContextResult;
  /** Significant only when accepted; empty where the peer left it out. */
  readonly transferSyntax: string;
}

/** PS3.7 D.3.3.4. */
export interface RoleSelection {
  readonly sopClassUid: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** PS3.7 D.3.3.5. */
export interface ExtendedNegotiation {
  readonly sopClassUid: string;
  readonly information: Uint8Array;
}

/** PS3.7 D.3.3.6. */
export interface CommonExtendedNegotiation {
  readonly sopClassUid: string;
  readonly serviceClassUid: string;
  readonly relatedGeneralSopClassUids: readonly string[];
}

/** PS3.7 D.3.3.7. */
export const USER_IDENTITY_TYPES = ['username', 'username-passcode', 'kerberos', 'saml', 'jwt'] as const;
export interface UserIdentity {
  readonly type: (typeof USER_IDENTITY_TYPES)[number];
  readonly positiveResponseRequested: boolean;
  readonly primary: Uint8Array;
  readonly secondary: Uint8Array;
}

/** PS3.7 D.3.3.3: how many operations may be outstanding; 0 is unlimited. */
export interface AsynchronousOperations {
  readonly invoked: number;
  readonly performed: number;
}

/** PS3.8 annex D and PS3.7 annex D.3.3. */
export interface UserInformation {
  /** The longest P-DATA-TF length that the sender of this item wants to receive; 0 is unlimited. */
  readonly maxPduLength: number;
  readonly implementationClassUid: string;
  readonly implementationVersionName?: string;
  readonly asynchronousOperations?: AsynchronousOperations;
  readonly roles: readonly RoleSelection[];
  readonly extended: readonly ExtendedNegotiation[];
  readonly commonExtended: readonly CommonExtendedNegotiation[];
  readonly userIdentity?: UserIdentity;
  readonly userIdentityResponse?: Uint8Array;
}

export interface AssociateRequest {
  readonly kind: 'associate-request';
  /** A bit field; bit 0 is the version of today. */
  readonly protocolVersion: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly applicationContext: string;
  readonly contexts: readonly ProposedContext[];
  readonly user: UserInformation;
}

export interface AssociateAccept {
  readonly kind: 'associate-accept';
  readonly protocolVersion: number;
  /** Copied from the request; not to be tested on receipt. */
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly applicationContext: string;
  readonly contexts: readonly AnsweredContext[];
  readonly user: UserInformation;
}

export interface AssociateReject {
  readonly kind: 'associate-reject';
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

export interface ReleaseRequest {
  readonly kind: 'release-request';
}

export interface ReleaseReply {
  readonly kind: 'release-reply';
}

export interface Abort {
  readonly kind: 'abort';
  /** 0: the service user; 2: the service provider. */
  readonly source: number;
  readonly reason: number;
}

/** Every PDU but P-DATA-TF, which is never held as a whole. */
export type Pdu =
  | AssociateRequest
  | AssociateAccept
  | AssociateReject
  | ReleaseRequest
  | ReleaseReply
  | Abort;

/** PDU types of PS3.8 section 9.3. */
export const PDU_TYPE = {
  'associate-request': 1,
  'associate-accept': 2,
  'associate-reject': 3,
  data: 4,
  'release-request': 5,
  'release-reply': 6,
  abort: 7,
} as const;
