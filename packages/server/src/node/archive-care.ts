import { type Loop, repairNext, scrubNext, startLoop } from '../operations/index.ts';
import type { NodeContext } from './context.ts';

/** Between two folders of the archive, so that an archive of a million files is not one long list. */
const SCRUB_MS = 1_000;
const REPAIR_MS = 5_000;

/** Reads the archive in the background, and fetches again what is damaged or lost. */
export function startArchiveCare(context: NodeContext): { stop(): Promise<void> } {
  const { db, archive, configuration, log, metrics } = context;
  const loops: Loop[] = [
    startLoop(
      'archive scrub',
      SCRUB_MS,
      async (signal) => {
        const settings = configuration.archive.scrub;
        const report = await scrubNext({ db, archive, settings }, signal);
        if (report === undefined) return 0;
        metrics.scrubbed(report.files, report.bytes);
        for (const { code, store, sha256, instance, copies } of report.problems) {
          log.error(
            { code, store, sha256, instance: instance?.sopInstanceUid, copies },
            'a file of the archive is damaged or lost',
          );
        }
        return 0;
      },
      log,
    ),
  ];
  if (configuration.archive.repair === 'automatic') {
    const repair = { ...context, mayMove: configuration.dicom.enabled };
    loops.push(
      startLoop(
        'archive repair',
        REPAIR_MS,
        (signal) =>
          repairNext(repair, signal, ({ sha256, sop_instance_uid: instance }, outcome) =>
            outcome.state === 'open'
              ? log.error(
                  { sha256, instance, ...outcome },
                  'a file of the archive could not be fetched again',
                )
              : log.warn({ sha256, instance, ...outcome }, 'a file of the archive was fetched again'),
          ),
        log,
      ),
    );
  }
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
