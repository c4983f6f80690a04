import type { CommitmentRequest, CommitmentResult } from '@photopeak/dimse';

/** A way to ask one destination for storage commitment. */
export interface Committer {
  /**
   * Asks. Resolves with the result where the destination gives it at once, with undefined where it took the request and
   * reports later; rejects where it did not take the request or could not be reached.
   */
  request(request: CommitmentRequest, signal: AbortSignal): Promise<CommitmentResult | undefined>;
  /** Asks for the result of an earlier request; absent where the destination reports by itself. */
  check?(transactionUid: string, signal: AbortSignal): Promise<CommitmentResult | undefined>;
}
