import { commitment, refusal, type Service } from '@photopeak/dimse';
import type { Archive } from '../../archive/index.ts';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import { checkCommitment } from './check.ts';
import { keepRequest, requestReported } from './requests.ts';

export interface GivenContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly configuration: Configuration;
}

const DUPLICATE_INVOCATION = 0x0210;

/** Where a source wants its reports, if it is told. */
export function reportAddress({ configuration }: GivenContext, aeTitle: string) {
  for (const source of configuration.sources) {
    if (source.kind === 'dimse' && source.aeTitle === aeTitle && source.commitment !== undefined) {
      return { aeTitle, ...source.commitment };
    }
  }
  return undefined;
}

/**
 * Storage commitment push model as provider (PS3.4 annex J): a modality asks whether what it sent is safe. The request
 * is in the database before it is acknowledged; the report goes over the association that asked, or to the address of
 * the source (`reportNext`).
 */
export function commitmentService(context: GivenContext & { onRequest(): void }): Service {
  const { db } = context;
  const goesElsewhere = (aeTitle: string) => reportAddress(context, aeTitle) !== undefined;
  return commitment({
    async accept(request, { callingAeTitle }) {
      const isForLoop = goesElsewhere(callingAeTitle);
      const from = { askedBy: callingAeTitle, way: 'dimse' as const, isForLoop };
      if (!(await keepRequest(db, request, from)))
        throw refusal(DUPLICATE_INVOCATION, 'The transaction UID is in use');
      if (isForLoop) context.onRequest();
    },
    isForLater: ({ callingAeTitle }) => goesElsewhere(callingAeTitle),
    check: ({ instances }) => checkCommitment(context, instances),
    reported: (report) => requestReported(db, report),
  });
}
