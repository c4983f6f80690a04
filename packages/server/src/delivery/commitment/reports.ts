import { type CommitmentReport, commitmentReports, type Service } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import type { Arrivals } from './arrivals.ts';
import { takeReport } from './take-report.ts';

/**
 * Reports of storage commitment that destinations bring to our listener. One of a transaction that nobody here asked
 * for, or from another AE title than its destination has, is refused.
 */
export function commitmentReportService(options: {
  readonly db: Database;
  readonly configuration: Configuration;
  readonly arrivals: Arrivals;
}): Service {
  return commitmentReports({
    async received(report, { callingAeTitle }) {
      const row = await options.db
        .selectFrom('commitment_asked')
        .select('destination')
        .where('transaction_uid', '=', report.transactionUid)
        .executeTakeFirst();
      if (row === undefined || !isFrom(options.configuration, row.destination, callingAeTitle)) {
        throw new PhotopeakError('a report of storage commitment that this node did not ask for', {
          code: 'COMMITMENT_UNKNOWN',
          where: callingAeTitle,
          found: report.transactionUid,
          remedy: 'where the destination reports under another AE title, name it in commitment.reportsFrom',
        });
      }
      await receiveReport(options, row.destination, report);
    },
    acknowledged: ({ transactionUid }) => options.arrivals.came(transactionUid),
  });
}

/** A report of a destination, on whatever association it came. */
export async function receiveReport(
  { db, configuration }: { readonly db: Database; readonly configuration: Configuration },
  destination: string,
  report: CommitmentReport,
): Promise<void> {
  const settings = settingsOf(configuration, destination);
  const { transactionUid } = report;
  const resends = settings?.resends ?? 0;
  await takeReport(
    db,
    { destination, transactionUid, settings: { resends }, pauses: configuration.delivery },
    report,
  );
}

function settingsOf(configuration: Configuration, name: string) {
  const destination = configuration.destinations.find((entry) => entry.name === name);
  if (destination?.kind !== 'dimse' || destination.commitment === false) return undefined;
  return destination.commitment;
}

function isFrom(configuration: Configuration, name: string, callingAeTitle: string): boolean {
  const destination = configuration.destinations.find((entry) => entry.name === name);
  if (destination?.kind !== 'dimse') return false;
  const from = destination.commitment === false ? undefined : destination.commitment.reportsFrom;
  return callingAeTitle === (from ?? destination.aeTitle);
}
