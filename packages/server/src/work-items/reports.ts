import { type DicomJson, jsonTag, Tag } from '@photopeak/dicom';
import type { Database } from '../database/index.ts';
import { itemsOf, T, UPS_PUSH, type WorkItemState } from './model.ts';
import { sorted } from './rules.ts';

/** Event types of PS3.4 Table CC.2.4-1. */
const EVENT_TYPES = { state: 1, 'cancel-requested': 2, progress: 3, assigned: 5 } as const;

export interface Report {
  readonly kind: keyof typeof EVENT_TYPES;
  readonly uid: string;
  readonly attributes: DicomJson;
}

export function stateReport(uid: string, state: WorkItemState, item: DicomJson): Report {
  const [progress] = itemsOf(item, T.progress);
  const details =
    state === 'CANCELED' && progress !== undefined ? pick(progress, [T.discontinuation, T.reason]) : {};
  return {
    kind: 'state',
    uid,
    attributes: { [T.state]: { vr: 'CS', Value: [state] }, ...pick(item, [T.readiness]), ...details },
  };
}

export function progressReport(uid: string, item: DicomJson): Report {
  return { kind: 'progress', uid, attributes: pick(item, [T.progress]) };
}

export function assignedReport(uid: string, item: DicomJson): Report {
  return { kind: 'assigned', uid, attributes: pick(item, [T.stations]) };
}

/** The request goes to the performer, who decides. */
export function cancelReport(uid: string, request: DicomJson, requestedBy: string): Report {
  const contact = [jsonTag(Tag.ContactURI), jsonTag(Tag.ContactDisplayName)];
  return {
    kind: 'cancel-requested',
    uid,
    attributes: {
      ...pick(request, [T.reason, T.discontinuation, ...contact]),
      [jsonTag(Tag.RequestingAE)]: { vr: 'AE', Value: [requestedBy.replace(/^ae:/, '').slice(0, 16)] },
    },
  };
}

function pick(json: DicomJson, tags: readonly string[]): DicomJson {
  return Object.fromEntries(tags.flatMap((tag) => (json[tag] === undefined ? [] : [[tag, json[tag]]])));
}

/** Leaves a report for every subscriber of the item, in the transaction of the change that it reports. */
export async function tell(transaction: Database, report: Report, onlyTo?: string): Promise<void> {
  const subscribers =
    onlyTo === undefined
      ? await transaction
          .selectFrom('work_item_subscription')
          .select('ae_title')
          .where('uid', '=', report.uid)
          .execute()
      : [{ ae_title: onlyTo }];
  if (subscribers.length === 0) return;
  const message = JSON.stringify({
    '00000002': { vr: 'UI', Value: [UPS_PUSH] },
    '00001000': { vr: 'UI', Value: [report.uid] },
    '00001002': { vr: 'US', Value: [EVENT_TYPES[report.kind]] },
    ...sorted(report.attributes),
  });
  await transaction
    .insertInto('work_item_event')
    .values(subscribers.map(({ ae_title }) => ({ ae_title, report: message })))
    .execute();
}
