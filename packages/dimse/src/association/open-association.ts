import type { DimseError } from '../errors.ts';
import type { DataSource } from '../message/data-source.ts';
import type { Responses } from '../message/responses.ts';
import type { RequestCommand } from './exchange.ts';
import type { AcceptedContext, AssociationInfo } from './info.ts';

/** An association on which messages flow, whichever side asked for it. */
export interface OpenAssociation {
  readonly info: AssociationInfo;
  /** The accepted context for an abstract syntax, in one transfer syntax where that is given. */
  context(abstractSyntax: string, transferSyntax?: string): AcceptedContext | undefined;
  /** Begins to read a data set that a later request on that context sends: it is in memory when its turn comes. */
  prepare(context: AcceptedContext, dataSet: DataSource): void;
  /** Sends one request; `finalResponse` waits for a single answer. */
  request(context: AcceptedContext, command: RequestCommand, dataSet?: DataSource): Promise<Responses>;
  abort(): void;
  /** Why it is over, where that was not a release. */
  readonly error: DimseError | undefined;
}

export function findContext(
  { contexts }: AssociationInfo,
  abstractSyntax: string,
  transferSyntax?: string,
): AcceptedContext | undefined {
  return contexts.find(
    (context) =>
      context.abstractSyntax === abstractSyntax &&
      (transferSyntax === undefined || context.transferSyntax === transferSyntax),
  );
}
