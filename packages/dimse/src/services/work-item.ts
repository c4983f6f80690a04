import type { AssociationInfo, OpenAssociation, Service } from '../association/index.ts';
import { type Attribute, encodeDataSet, readDataSet } from '../data-set/index.ts';
import { STATUS } from '../message/status.ts';
import { UPS } from '../uids.ts';
import { type NormalizedAnswer, type NormalizedRequest, normalized } from './normalized.ts';
import { type NormalizedResponse, nAction, nCreate, nEventReport, nGet, nSet } from './normalized-user.ts';
import type { DataSetEncoder } from './operation.ts';
import { TRANSACTION_UID } from './references.ts';
import { refusal } from './refusal.ts';

/** Procedure Step State (0074,1000), PS3.4 CC.1.1. */
export const WORK_ITEM_STATES = ['SCHEDULED', 'IN PROGRESS', 'CANCELED', 'COMPLETED'] as const;
export type WorkItemState = (typeof WORK_ITEM_STATES)[number];

/** What an N-ACTION on a unified procedure step asks for, PS3.4 table CC.2.1-1 and following. */
export type WorkItemAction =
  | { readonly kind: 'change-state'; readonly state: WorkItemState; readonly transactionUid: string }
  | { readonly kind: 'request-cancel' }
  | { readonly kind: 'subscribe'; readonly receivingAeTitle: string; readonly deletionLock: boolean }
  | { readonly kind: 'unsubscribe'; readonly receivingAeTitle: string }
  | { readonly kind: 'suspend-global-subscription'; readonly receivingAeTitle: string };

/** PS3.4 CC.2: action types by their numbers. */
const ACTION_TYPE: Record<WorkItemAction['kind'], number> = {
  'change-state': 1,
  'request-cancel': 2,
  subscribe: 3,
  unsubscribe: 4,
  'suspend-global-subscription': 5,
};

/** PS3.4 table CC.2.4-1: event types by their numbers. */
export const WORK_ITEM_EVENT = {
  'state-report': 1,
  'cancel-requested': 2,
  'progress-report': 3,
  'provider-status-change': 4,
  assigned: 5,
} as const;
export type WorkItemEvent = keyof typeof WORK_ITEM_EVENT;

/** Warnings and failures that are particular to work items, PS3.4 CC.2. */
export const WORK_ITEM_STATUS = {
  createdWithChanges: 0xb300,
  deletionLockNotGranted: 0xb301,
  alreadyCanceled: 0xb304,
  alreadyCompleted: 0xb306,
  noLongerUpdated: 0xc300,
  wrongTransactionUid: 0xc301,
  alreadyInProgress: 0xc302,
  onlyByCreate: 0xc303,
  finalStateRequirements: 0xc304,
  unknownInstance: 0xc307,
  unknownReceiver: 0xc308,
  notScheduled: 0xc309,
  notInProgress: 0xc310,
  alreadyFinal: 0xc311,
  performerNotReached: 0xc312,
  performerDeclines: 0xc313,
  notAppropriate: 0xc314,
  noEventReports: 0xc315,
} as const;

const STATE = 0x00741000;
const RECEIVING_AE_TITLE = 0x00741234;
const DELETION_LOCK = 0x00741230;

/** The class of every work item is push, whatever context it is spoken of under (PS3.4 CC.3.1). */
const managed = (abstractSyntax: string, sopInstanceUid: string) => ({
  sopClassUid: UPS.push,
  sopInstanceUid,
  abstractSyntax,
});

/** N-CREATE by UPS push: the attributes of PS3.4 table CC.2.5-3, state SCHEDULED. */
export function createWorkItem(
  association: OpenAssociation,
  sopInstanceUid: string,
  attributes: DataSetEncoder,
): Promise<NormalizedResponse> {
  return nCreate(association, managed(UPS.push, sopInstanceUid), attributes);
}

/** N-SET by UPS pull; the attributes hold the transaction UID of the performer. */
export function updateWorkItem(
  association: OpenAssociation,
  sopInstanceUid: string,
  attributes: DataSetEncoder,
): Promise<NormalizedResponse> {
  return nSet(association, managed(UPS.pull, sopInstanceUid), attributes);
}

/** N-GET under any UPS class that was negotiated. */
export function getWorkItem(
  association: OpenAssociation,
  sopInstanceUid: string,
  attributes: readonly number[] = [],
): Promise<NormalizedResponse> {
  return nGet(
    association,
    managed(negotiated(association, [UPS.pull, UPS.watch, UPS.push]), sopInstanceUid),
    attributes,
  );
}

/** N-ACTION: claims, finishes, cancels or watches a work item. */
export function actOnWorkItem(
  association: OpenAssociation,
  sopInstanceUid: string,
  action: WorkItemAction,
): Promise<NormalizedResponse> {
  const classes = action.kind === 'change-state' ? [UPS.pull] : [UPS.watch, UPS.push];
  const item = managed(negotiated(association, classes), sopInstanceUid);
  return nAction(association, item, ACTION_TYPE[action.kind], (syntax) =>
    encodeDataSet(actionAttributes(action), syntax),
  );
}

/** N-EVENT-REPORT by UPS event, to a subscriber: on an association that proposes the provider's role. */
export function reportWorkItemEvent(
  association: OpenAssociation,
  sopInstanceUid: string,
  event: WorkItemEvent,
  information: DataSetEncoder,
): Promise<NormalizedResponse> {
  const item = managed(UPS.event, sopInstanceUid);
  return nEventReport(association, item, WORK_ITEM_EVENT[event], information);
}

function negotiated(association: OpenAssociation, classes: readonly string[]): string {
  return classes.find((uid) => association.context(uid) !== undefined) ?? classes[0]!;
}

function actionAttributes(action: WorkItemAction): Attribute[] {
  switch (action.kind) {
    case 'change-state':
      return [
        { tag: TRANSACTION_UID, vr: 'UI', value: action.transactionUid },
        { tag: STATE, vr: 'CS', value: action.state },
      ];
    case 'request-cancel':
      return [];
    case 'subscribe':
      return [
        { tag: DELETION_LOCK, vr: 'LO', value: action.deletionLock ? 'TRUE' : 'FALSE' },
        { tag: RECEIVING_AE_TITLE, vr: 'AE', value: action.receivingAeTitle },
      ];
    case 'unsubscribe':
    case 'suspend-global-subscription':
      return [{ tag: RECEIVING_AE_TITLE, vr: 'AE', value: action.receivingAeTitle }];
  }
}

export interface WorkItemOptions {
  create(request: WorkItemRequest): Promise<NormalizedAnswer>;
  set(request: WorkItemRequest): Promise<NormalizedAnswer>;
  get(request: WorkItemRequest): Promise<NormalizedAnswer>;
  action(request: WorkItemRequest, action: WorkItemAction): Promise<NormalizedAnswer>;
}

export type WorkItemRequest = NormalizedRequest & { readonly sopInstanceUid: string };

/**
 * Unified procedure steps as provider (PS3.4 annex CC): takes the messages apart; states, locks and subscriptions
 * are the caller's. `query` with UPS.pull, UPS.watch and UPS.query belongs beside it.
 */
export function workItems(options: WorkItemOptions): Service {
  return normalized({
    name: 'unified procedure step',
    abstractSyntaxes: [UPS.push, UPS.pull, UPS.watch],
    create: async (request) => options.create(named(request)),
    set: async (request) => options.set(named(request)),
    get: async (request) => options.get(named(request)),
    action: async (request) => options.action(named(request), actionOf(request)),
  });
}

export interface WorkItemEventMessage {
  readonly association: AssociationInfo;
  readonly sopInstanceUid: string;
  readonly event: WorkItemEvent;
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
}

/** The subscriber's side of UPS event: gets reports on associations that the provider opens. */
export function workItemEvents(options: { received(message: WorkItemEventMessage): Promise<void> }): Service {
  return normalized({
    name: 'unified procedure step events',
    abstractSyntaxes: [UPS.event],
    async eventReport(request) {
      const { association, sopInstanceUid, dataSet, transferSyntaxUid } = named(request);
      const events = Object.keys(WORK_ITEM_EVENT) as WorkItemEvent[];
      const event = events.find((name) => WORK_ITEM_EVENT[name] === request.eventTypeId);
      if (event === undefined) throw refusal(STATUS.noSuchEventType, 'No such event type');
      await options.received({ association, sopInstanceUid, event, dataSet, transferSyntaxUid });
      return { status: STATUS.success };
    },
  });
}

/** A work item is named by whoever creates it (PS3.4 CC.2.5.2). */
function named(request: NormalizedRequest): WorkItemRequest {
  const { sopInstanceUid } = request;
  if (sopInstanceUid === undefined) throw refusal(STATUS.invalidSopInstance, 'No SOP instance UID');
  return { ...request, sopInstanceUid };
}

function actionOf({ actionTypeId, dataSet, transferSyntaxUid }: NormalizedRequest): WorkItemAction {
  const kinds = Object.keys(ACTION_TYPE) as WorkItemAction['kind'][];
  const kind = kinds.find((name) => ACTION_TYPE[name] === actionTypeId);
  if (kind === undefined) throw refusal(STATUS.noSuchAction, 'No such action type');
  if (kind === 'request-cancel') return { kind };
  const reader = readDataSet(dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  if (kind === 'change-state') {
    const text = reader.text(STATE);
    const state = WORK_ITEM_STATES.find((candidate) => candidate === text);
    if (state === undefined) throw refusal(STATUS.invalidArgumentValue, 'Unknown procedure step state');
    const transactionUid = reader.text(TRANSACTION_UID);
    if (!transactionUid) throw refusal(WORK_ITEM_STATUS.wrongTransactionUid, 'No transaction UID');
    return { kind, state, transactionUid };
  }
  const receivingAeTitle = reader.text(RECEIVING_AE_TITLE);
  if (!receivingAeTitle) throw refusal(STATUS.missingAttribute, 'No receiving AE title');
  if (kind !== 'subscribe') return { kind, receivingAeTitle };
  return { kind, receivingAeTitle, deletionLock: reader.text(DELETION_LOCK) === 'TRUE' };
}
