import { refusal, STATUS, WORK_ITEM_STATUS } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { WorkItemAnswer } from '../../work-items/index.ts';

export type WorkItemRequestKind = 'create' | 'set' | 'get' | 'change-state' | 'cancel' | 'subscription';

/** What succeeded with a remark, PS3.4 CC.2.1.3, CC.2.2.3, CC.2.5.4. */
export const WARNING_STATUS: Readonly<Record<NonNullable<WorkItemAnswer['warning']>, number>> = {
  'created-with-changes': WORK_ITEM_STATUS.createdWithChanges,
  'already-canceled': WORK_ITEM_STATUS.alreadyCanceled,
  'already-completed': WORK_ITEM_STATUS.alreadyCompleted,
};

/** The refusals of the work list in the words of PS3.4 annex CC and PS3.7 annex C. */
export const REFUSAL_STATUS: Readonly<Record<string, number>> = {
  HTTP_NOT_FOUND: WORK_ITEM_STATUS.unknownInstance,
  WORK_ITEM_INPUT: STATUS.invalidAttributeValue,
  WORK_ITEM_NOT_SCHEDULED: WORK_ITEM_STATUS.notScheduled,
  WORK_ITEM_EXISTS: STATUS.duplicateInstance,
  WORK_ITEM_TRANSACTION: WORK_ITEM_STATUS.wrongTransactionUid,
  WORK_ITEM_FINAL: WORK_ITEM_STATUS.noLongerUpdated,
  WORK_ITEM_INCOMPLETE: WORK_ITEM_STATUS.finalStateRequirements,
  WORK_ITEM_OWN: STATUS.notAuthorized,
};

/** A request that does not fit the present state: what it is called depends on the state (PS3.4 table CC.2.1-2). */
export const STATE_STATUS: Readonly<Record<string, number>> = {
  SCHEDULED: WORK_ITEM_STATUS.notInProgress,
  'IN PROGRESS': WORK_ITEM_STATUS.alreadyInProgress,
  COMPLETED: WORK_ITEM_STATUS.noLongerUpdated,
  CANCELED: WORK_ITEM_STATUS.noLongerUpdated,
};

/** The status for an error of the work list; undefined where it is none of the peer's doing. */
export function refusalStatus(error: PhotopeakError, kind: WorkItemRequestKind): number | undefined {
  if (error.code === 'WORK_ITEM_STATE') {
    return kind === 'cancel' ? WORK_ITEM_STATUS.alreadyFinal : STATE_STATUS[error.found ?? ''];
  }
  return REFUSAL_STATUS[error.code];
}

/** Runs a request and lets its refusals reach the peer as statuses. */
export async function asStatus<Out>(kind: WorkItemRequestKind, work: () => Promise<Out>): Promise<Out> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    const status = refusalStatus(error, kind);
    if (status === undefined) throw error;
    const asked = error.expected === undefined ? error.message : `expected ${error.expected}`;
    throw refusal(status, asked.slice(0, 64));
  }
}
