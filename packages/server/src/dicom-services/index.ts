import type { Service } from '@photopeak/dimse';
import type { NodeContext } from '../node/context.ts';
import { archiveQuery } from './query-retrieve/query-service.ts';
import { archiveRetrieval } from './query-retrieve/retrieval-service.ts';
import { workItemQuery } from './work-items/query.ts';
import { workItemServices } from './work-items/services.ts';

export { mayAsk } from './permissions.ts';
export { reportWorkItems } from './work-items/events.ts';

/** What the DICOM listener offers to those who may ask for it, besides taking what it is sent. */
export function dicomServices(context: NodeContext): Service[] {
  return [
    archiveQuery(context),
    archiveRetrieval(context),
    workItemServices(context),
    workItemQuery(context),
  ];
}
