import type { Command } from '../message/command.ts';
import type { DataSetStream } from '../message/data-set-stream.ts';
import type { DataSource } from '../message/data-source.ts';
import type { ProposedContext } from '../pdu/index.ts';
import type { AcceptedContext, AssociationEnd, AssociationInfo } from './info.ts';
import type { OpenAssociation } from './open-association.ts';

/** One request of the peer. */
export interface IncomingRequest {
  readonly association: AssociationInfo;
  readonly context: AcceptedContext;
  readonly command: Command;
  readonly dataSet: DataSetStream | undefined;
  /** Aborted by a C-CANCEL for this request and by the end of the association. */
  readonly signal: AbortSignal;
  /** For requests of our own on the same association: C-GET sub-operations, event reports. */
  readonly back: OpenAssociation;
}

export type ResponseFields = Omit<
  Partial<Command>,
  'commandField' | 'messageIdBeingRespondedTo' | 'hasDataSet'
> & {
  readonly status: number;
};

/** Sends one response; a service with several (C-FIND, C-MOVE) calls it for each. */
export type Reply = (response: ResponseFields, dataSet?: DataSource) => Promise<void>;

/** What a service does within one association. */
export interface ServiceSession {
  /** Resolves when the final response has been sent. A rejection is answered as a processing failure. */
  perform(request: IncomingRequest, reply: Reply): Promise<void>;
  /** The association is over; called once. */
  closed?(end: AssociationEnd): void | Promise<void>;
}

/** A DIMSE service in the role of its provider. An acceptor is a list of them. */
export interface Service {
  readonly name: string;
  /** Command fields of the requests that it answers. */
  readonly commands: readonly number[];
  /** Whether it serves an abstract syntax. */
  serves(abstractSyntax: string): boolean;
  /**
   * Abstract syntaxes under which this side sends requests although the peer opened the association: storage for
   * C-GET, event reports. They are accepted where the peer proposes to take the provider's role (PS3.7 D.3.3.4).
   */
  uses?(abstractSyntax: string): boolean;
  /** The transfer syntax it takes of those proposed, or undefined where it takes none. */
  choose(proposal: ProposedContext): string | undefined;
  /** Answers a SOP class extended negotiation (PS3.7 D.3.3.5); without an answer the item is left out. */
  extended?(sopClassUid: string, information: Uint8Array): Uint8Array | undefined;
  /** Called with the first request of an association that it serves. */
  open(association: AssociationInfo, back: OpenAssociation): ServiceSession;
}
