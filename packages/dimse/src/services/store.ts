import type { OpenAssociation } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import type { DataSource } from '../message/data-source.ts';
import { finalResponse } from '../message/responses.ts';

export interface OutgoingInstance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** The one in which the bytes are; nothing is ever re-encoded. */
  readonly transferSyntaxUid: string;
}

export interface StoreResponse {
  readonly status: number;
  readonly comment: string | undefined;
  readonly offendingElements: readonly number[];
}

/** C-STORE as user: one instance on an open association. Rejects when the association breaks or does not take it. */
export async function store(
  association: OpenAssociation,
  instance: OutgoingInstance,
  dataSet: DataSource,
  moveOriginator?: { readonly aeTitle: string; readonly messageId: number },
): Promise<StoreResponse> {
  const context = association.context(instance.sopClassUid, instance.transferSyntaxUid);
  if (context === undefined) throw storeNotAccepted(association, instance);
  const responses = await association.request(
    context,
    {
      commandField: COMMAND_FIELD['C-STORE'],
      affectedSopClassUid: instance.sopClassUid,
      affectedSopInstanceUid: instance.sopInstanceUid,
      priority: 0,
      ...(moveOriginator === undefined
        ? {}
        : {
            moveOriginatorAeTitle: moveOriginator.aeTitle,
            moveOriginatorMessageId: moveOriginator.messageId,
          }),
    },
    dataSet,
  );
  const { status, command } = await finalResponse(responses);
  return { status, comment: command.errorComment, offendingElements: command.offendingElements ?? [] };
}

/** Says what was to be sent and what was accepted instead. */
export function storeNotAccepted(association: OpenAssociation, instance: OutgoingInstance): DimseError {
  const others = association.info.contexts
    .filter(({ abstractSyntax }) => abstractSyntax === instance.sopClassUid)
    .map(({ transferSyntax }) => transferSyntax);
  const accepted =
    others.length > 0 ? `transfer syntaxes ${others.join(', ')}` : 'no context for the SOP class';
  return new DimseError('DIMSE_CONTEXT_NOT_ACCEPTED', 'The peer does not take this kind of instance.', {
    expected: `SOP class ${instance.sopClassUid} in transfer syntax ${instance.transferSyntaxUid}`,
    found: accepted,
    where: `${association.info.calledAeTitle}`,
    remedy: 'Allow the SOP class and the transfer syntax at the peer; originals are sent as they are.',
  });
}
