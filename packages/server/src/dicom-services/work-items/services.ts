import { type DicomJson, jsonTag } from '@photopeak/dicom';
import {
  type AssociationInfo,
  type NormalizedAnswer,
  refusal,
  type Service,
  STATUS,
  WORK_ITEM_STATUS,
  type WorkItemAction,
  type WorkItemRequest,
  workItems as workItemMessages,
} from '@photopeak/dimse';
import type { NodeContext } from '../../node/context.ts';
import {
  ALL_ITEMS,
  FILTERED_ITEMS,
  runCanceller,
  T,
  type WorkItem,
  type WorkItemAnswer,
} from '../../work-items/index.ts';
import { encodeAttributes, readAttributes } from '../data-sets.ts';
import { knownPeer } from '../peers.ts';
import { mayAsk } from '../permissions.ts';
import { addressOf, withAddress } from './address.ts';
import { filterOf } from './query.ts';
import { asStatus, WARNING_STATUS } from './status.ts';

type Context = Pick<
  NodeContext,
  'workItems' | 'subscriptions' | 'configuration' | 'db' | 'engine' | 'workItemChanges'
>;

const RECEIVING_AE_TITLE = '00741234';
const DELETION_LOCK = '00741230';

/**
 * The work list by DIMSE (PS3.4 annex CC: push, pull, watch): the same items, rules and audit as by UPS-RS. A peer
 * appears in the audit trail as `ae:<title>`.
 */
export function workItemServices(context: Context): Service {
  const { workItems, configuration } = context;
  const require = ({ association }: WorkItemRequest): string => {
    if (mayAsk(configuration, association, 'work-items')) return actorOf(association);
    throw refusal(STATUS.notAuthorized, 'Not permitted for this AE title');
  };
  return workItemMessages({
    create: async (request) => {
      const by = require(request);
      const given = attributesOf(request);
      const answer = await asStatus('create', () =>
        workItems.create(given, request.sopInstanceUid, by, () => request.sopInstanceUid),
      );
      return { ...statusOf(answer), sopInstanceUid: answer.uid };
    },
    set: async (request) => {
      const by = require(request);
      const given = attributesOf(request);
      const [transaction] = given[T.transaction]?.Value ?? [];
      return asStatus('set', async () =>
        statusOf(
          await workItems.update(
            request.sopInstanceUid,
            given,
            typeof transaction === 'string' ? transaction : undefined,
            by,
          ),
        ),
      );
    },
    get: async (request) => {
      require(request);
      const item = await workItems.find(request.sopInstanceUid);
      if (item === undefined) throw refusal(WORK_ITEM_STATUS.unknownInstance, 'No such work item');
      return attributesAsked(item, request.attributes, addressOf(configuration));
    },
    action: async (request, action) => {
      const by = require(request);
      return act(context, request, action, by);
    },
  });
}

const actorOf = ({ callingAeTitle }: AssociationInfo): string => `ae:${callingAeTitle}`;

const attributesOf = ({ dataSet, transferSyntaxUid }: WorkItemRequest) =>
  readAttributes(dataSet, transferSyntaxUid);

function statusOf({ warning }: WorkItemAnswer): NormalizedAnswer {
  return { status: warning === undefined ? STATUS.success : WARNING_STATUS[warning] };
}

/** Requested optional attributes are not supported (PS3.4 table CC.2.7-1). */
const NOT_ALL_ATTRIBUTES = 0x0001;

function attributesAsked(item: WorkItem, asked: readonly number[], address: string): NormalizedAnswer {
  const attributes = withAddress(item.attributes, address);
  if (asked.length === 0) return { status: STATUS.success, dataSet: encodeAttributes(attributes) };
  const tags = asked.map(jsonTag);
  const found = Object.fromEntries(
    tags.flatMap((tag) => (attributes[tag] === undefined ? [] : [[tag, attributes[tag]]])),
  );
  const isWhole = tags.every((tag) => found[tag] !== undefined);
  return { status: isWhole ? STATUS.success : NOT_ALL_ATTRIBUTES, dataSet: encodeAttributes(found) };
}

async function act(
  { workItems, subscriptions, configuration, db, engine }: Context,
  request: WorkItemRequest,
  action: WorkItemAction,
  by: string,
): Promise<NormalizedAnswer> {
  const { sopInstanceUid: uid } = request;
  switch (action.kind) {
    case 'change-state':
      if (action.state === 'SCHEDULED')
        throw refusal(WORK_ITEM_STATUS.onlyByCreate, 'Only a new work item is SCHEDULED');
      return asStatus('change-state', async () =>
        statusOf(await workItems.changeState(uid, attributesOf(request), by)),
      );
    case 'request-cancel':
      return asStatus('cancel', async () =>
        statusOf(await workItems.requestCancel(uid, attributesOf(request), by, runCanceller(db, engine, by))),
      );
    case 'subscribe': {
      const filter = uid === FILTERED_ITEMS ? filterOf(keysOf(attributesOf(request))) : undefined;
      if (knownPeer(configuration, action.receivingAeTitle) === undefined)
        throw refusal(WORK_ITEM_STATUS.unknownReceiver, 'The receiving AE title is no destination here');
      const options = { deletionLock: action.deletionLock, filter, channel: 'dimse' } as const;
      const found = await subscriptions.subscribe(action.receivingAeTitle, uid, options);
      if (!found) throw refusal(WORK_ITEM_STATUS.unknownInstance, 'No such work item');
      return { status: STATUS.success };
    }
    case 'unsubscribe': {
      const had = await subscriptions.unsubscribe(action.receivingAeTitle, uid);
      if (!had && !isGlobal(uid) && (await workItems.find(uid)) === undefined)
        throw refusal(WORK_ITEM_STATUS.unknownInstance, 'No such work item');
      return { status: STATUS.success };
    }
    case 'suspend-global-subscription':
      if (!isGlobal(uid))
        throw refusal(WORK_ITEM_STATUS.notAppropriate, 'Only a global subscription is suspended');
      await subscriptions.suspend(action.receivingAeTitle);
      return { status: STATUS.success };
  }
}

const isGlobal = (uid: string) => uid === ALL_ITEMS || uid === FILTERED_ITEMS;

/** The keys of a filtered subscription: what is in the request besides its own arguments (PS3.4 CC.2.3.1). */
function keysOf(attributes: DicomJson): DicomJson {
  const { [RECEIVING_AE_TITLE]: _receiver, [DELETION_LOCK]: _lock, ...keys } = attributes;
  return keys;
}
