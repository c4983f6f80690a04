import type { OpenAssociation, RequestCommand } from '../association/index.ts';
import { collect } from '../message/collect.ts';
import { COMMAND_FIELD } from '../message/command.ts';
import { fromBytes } from '../message/data-source.ts';
import { finalResponse } from '../message/responses.ts';
import { requireContext } from './contexts.ts';
import type { DataSetEncoder } from './operation.ts';

/** What every N-service names. */
export interface Managed {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** The presentation context, where it is negotiated under another UID than the instance's class (UPS). */
  readonly abstractSyntax?: string;
}

/** The answer to an N-service. A failure is a status here, not an error: some of them are part of the dialogue. */
export interface NormalizedResponse {
  readonly status: number;
  readonly comment: string | undefined;
  /** The instance, as the peer names it; it chooses the UID where an N-CREATE gives none. */
  readonly sopInstanceUid: string | undefined;
  /** Attributes or a reply, as they came. */
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
  /** Attributes that were at fault (PS3.7 C.4.2). */
  readonly attributes: readonly number[];
  readonly errorId: number | undefined;
}

/** N-CREATE (PS3.7 10.1.5). Without an instance UID the peer chooses one. */
export function nCreate(
  association: OpenAssociation,
  { sopInstanceUid, ...managed }: Omit<Managed, 'sopInstanceUid'> & { readonly sopInstanceUid?: string },
  attributes?: DataSetEncoder,
): Promise<NormalizedResponse> {
  const instance = sopInstanceUid === undefined ? {} : { affectedSopInstanceUid: sopInstanceUid };
  const command = { affectedSopClassUid: managed.sopClassUid, ...instance };
  return send(association, managed, { commandField: COMMAND_FIELD['N-CREATE'], ...command }, attributes);
}

/** N-SET (PS3.7 10.1.3). */
export function nSet(
  association: OpenAssociation,
  managed: Managed,
  attributes: DataSetEncoder,
): Promise<NormalizedResponse> {
  return send(association, managed, requested('N-SET', managed), attributes);
}

/** N-GET (PS3.7 10.1.2): the attributes of a list, or all. */
export function nGet(
  association: OpenAssociation,
  managed: Managed,
  attributes: readonly number[] = [],
): Promise<NormalizedResponse> {
  const list = attributes.length === 0 ? {} : { attributeIdentifierList: attributes };
  return send(association, managed, { ...requested('N-GET', managed), ...list });
}

/** N-ACTION (PS3.7 10.1.4). */
export function nAction(
  association: OpenAssociation,
  managed: Managed,
  actionTypeId: number,
  information?: DataSetEncoder,
): Promise<NormalizedResponse> {
  return send(association, managed, { ...requested('N-ACTION', managed), actionTypeId }, information);
}

/** N-DELETE (PS3.7 10.1.6). */
export function nDelete(association: OpenAssociation, managed: Managed): Promise<NormalizedResponse> {
  return send(association, managed, requested('N-DELETE', managed));
}

/** N-EVENT-REPORT (PS3.7 10.1.1): sent by the provider of a SOP class to its user. */
export function nEventReport(
  association: OpenAssociation,
  managed: Managed,
  eventTypeId: number,
  information?: DataSetEncoder,
): Promise<NormalizedResponse> {
  const command = {
    commandField: COMMAND_FIELD['N-EVENT-REPORT'],
    affectedSopClassUid: managed.sopClassUid,
    affectedSopInstanceUid: managed.sopInstanceUid,
    eventTypeId,
  };
  return send(association, managed, command, information);
}

const requested = (
  name: 'N-GET' | 'N-SET' | 'N-ACTION' | 'N-DELETE',
  { sopClassUid, sopInstanceUid }: Managed,
): RequestCommand => ({
  commandField: COMMAND_FIELD[name],
  requestedSopClassUid: sopClassUid,
  requestedSopInstanceUid: sopInstanceUid,
});

async function send(
  association: OpenAssociation,
  { sopClassUid, abstractSyntax = sopClassUid }: Omit<Managed, 'sopInstanceUid'>,
  command: RequestCommand,
  encode?: DataSetEncoder,
): Promise<NormalizedResponse> {
  const context = requireContext(association, abstractSyntax);
  const dataSet = encode === undefined ? undefined : fromBytes(encode(context.transferSyntax));
  const response = await finalResponse(await association.request(context, command, dataSet));
  const { errorComment, affectedSopInstanceUid, errorId, attributeIdentifierList } = response.command;
  return {
    status: response.status,
    comment: errorComment,
    sopInstanceUid: affectedSopInstanceUid,
    dataSet: await collect(response.dataSet),
    transferSyntaxUid: context.transferSyntax,
    attributes: attributeIdentifierList ?? [],
    errorId,
  };
}
