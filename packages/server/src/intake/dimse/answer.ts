import { STATUS, type StoreAnswer } from '@photopeak/dimse';
import type { IntakeOutcome, IntakeRefusal, IntakeRefusalReason } from '../sink.ts';

/** How a sender is told that the archive keeps another data set under the same UID. */
export type ConflictAnswer = 'success' | 'warning';

/** The status of each refusal, PS3.4 table B.2-1 and PS3.7 annex C. */
export const REFUSAL_STATUS: Record<IntakeRefusalReason, number> = {
  'no-space': STATUS.outOfResources,
  unreadable: STATUS.cannotUnderstand,
  mismatch: STATUS.dataSetDoesNotMatch,
  'not-accepted': STATUS.notAuthorized,
  failed: STATUS.processingFailure,
};

/** The final word to the sender about an instance that is safe. */
export function answerOutcome(outcome: IntakeOutcome, conflict: ConflictAnswer): StoreAnswer {
  if (outcome.status !== 'conflict' || conflict === 'success') return { status: STATUS.success };
  return {
    status: STATUS.coercionOfDataElements,
    comment: 'SOP instance exists with other content; kept aside for review',
  };
}

/** The final word about an instance that was not taken. (0000,0902) holds 64 characters. */
export function answerRefusal(refusal: IntakeRefusal): StoreAnswer {
  return { status: REFUSAL_STATUS[refusal.reason], comment: refusal.message.slice(0, 64) };
}
