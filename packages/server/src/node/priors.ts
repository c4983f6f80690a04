import { type Loop, startLoop } from '../operations/index.ts';
import {
  askSourceNext,
  bringNext,
  openArchiveOf,
  type PriorsOnTheirWay,
  seekNext,
  wantSearches,
} from '../priors/index.ts';
import type { NodeContext } from './context.ts';

const SEEK_MS = 2_000;
const BRING_MS = 2_000;
const ASK_MS = 1_000;
/** After an archive did not answer. */
const ASK_PAUSE_MS = 60_000;

/** Finds and fetches studies from before, each archive within its limits. */
export function startPriors(context: NodeContext, onTheirWay: PriorsOnTheirWay): { stop(): Promise<void> } {
  const { db, configuration, sink, log } = context;
  if (configuration.archives.length === 0) return { stop: async () => undefined };
  const options = { aeTitle: configuration.dicom.aeTitle, sink };
  const archives = new Map(
    configuration.archives.map((settings) => [settings.name, openArchiveOf(settings, options)]),
  );
  const priors = { db, configuration, archives, onTheirWay };
  let pausedUntil = 0;
  const ask = async (signal: AbortSignal): Promise<number> => {
    if (Date.now() < pausedUntil) return 0;
    return askSourceNext(priors, signal).catch((error: unknown) => {
      pausedUntil = Date.now() + ASK_PAUSE_MS;
      throw error;
    });
  };
  const loops: Loop[] = [
    startLoop('counts of sources', ASK_MS, (signal) => ask(signal), log),
    startLoop(
      'priors',
      SEEK_MS,
      async (signal) => {
        await wantSearches(priors);
        return seekNext(priors, signal);
      },
      log,
    ),
    ...configuration.archives.flatMap((archive) =>
      Array.from({ length: archive.concurrent }, (_, index) =>
        startLoop(
          `priors from ${archive.name} ${index + 1}`,
          BRING_MS,
          (signal) => bringNext(priors, archive, signal),
          log,
        ),
      ),
    ),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
