import {
  associate,
  type CommitmentReport,
  commitmentReports,
  type Peer,
  requestCommitment,
  STATUS,
  STORAGE_COMMITMENT,
  serviceContext,
  statusText,
  type UserIdentity,
} from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { Arrivals } from './arrivals.ts';
import type { Committer } from './committer.ts';

/**
 * Storage commitment push model as user (PS3.4 annex J): N-ACTION on an association of its own, which stays open for a
 * while; the report comes on it, or later on one that the destination opens to our listener.
 */
export function createDimseCommitter(options: {
  /** How the destination is called, asked for each time. */
  called(): { readonly peer: Peer; readonly identity: { readonly userIdentity?: UserIdentity } };
  readonly holdMs: number;
  readonly arrivals: Arrivals;
  /** Resolves when a report that came on our association is in the database. */
  received(report: CommitmentReport): Promise<void>;
}): Committer {
  return {
    async request(request, signal) {
      const { peer, identity } = options.called();
      const association = await associate(peer, {
        ...identity,
        contexts: [serviceContext(STORAGE_COMMITMENT)],
        services: [
          commitmentReports({
            received: options.received,
            acknowledged: ({ transactionUid }) => options.arrivals.came(transactionUid),
          }),
        ],
        signal,
      });
      try {
        const arrived = options.arrivals.wait(request.transactionUid, options.holdMs);
        const { status } = await requestCommitment(association, request);
        if (status !== STATUS.success) {
          throw new PhotopeakError('the destination does not take the request for storage commitment', {
            code: 'COMMITMENT_REFUSED',
            found: statusText(status),
            where: peer.calledAeTitle,
            remedy: 'look into the log of the destination, or take `commitment` out of its settings',
          });
        }
        await arrived;
        // The request was taken; a peer that fails to say goodbye changes nothing.
        await association.release().catch(() => undefined);
        return undefined;
      } catch (error) {
        association.abort();
        throw error;
      }
    },
  };
}
