import { createParts, type Loop, type Part, startLoop } from '../operations/index.ts';
import {
  askSourceNext,
  bringNext,
  openArchiveOf,
  type PriorArchive,
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

export interface Priors {
  /** The configuration names other archives than before. */
  archivesChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** Finds and fetches studies from before, each archive within its limits. */
export function startPriors(context: NodeContext, onTheirWay: PriorsOnTheirWay): Priors {
  const { db, configuration, sink, log } = context;
  const archives = new Map<string, PriorArchive>();
  const comparing = (): readonly string[] => {
    const taking = new Set(
      context.pipelines.filter(({ priors }) => priors !== undefined).map(({ name }) => name),
    );
    return configuration.routes.flatMap(({ run }) =>
      run !== undefined && taking.has(run.pipeline) ? [run.pipeline] : [],
    );
  };
  const priors = { db, configuration, archives, onTheirWay, comparing };
  const bringing = createParts(
    () => configuration.archives,
    (archive): Part => {
      archives.set(archive.name, openArchiveOf(archive, { aeTitle: configuration.dicom.aeTitle, sink }));
      const loops = Array.from({ length: archive.concurrent }, (_, index) =>
        startLoop(
          `priors from ${archive.name} ${index + 1}`,
          BRING_MS,
          (signal) => bringNext(priors, archive, signal),
          log,
        ),
      );
      // It stays known until another takes its place: a search between the two would find nothing and be done.
      return { stop: async () => void (await Promise.all(loops.map((loop) => loop.stop()))) };
    },
  );
  let pausedUntil = 0;
  const ask = async (signal: AbortSignal): Promise<number> => {
    if (archives.size === 0 || Date.now() < pausedUntil) return 0;
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
        if (archives.size === 0) return 0;
        await wantSearches(priors);
        return seekNext(priors, signal);
      },
      log,
    ),
  ];
  async function archivesChanged(): Promise<void> {
    await bringing.follow();
    const names = new Set(configuration.archives.map(({ name }) => name));
    for (const name of archives.keys()) if (!names.has(name)) archives.delete(name);
  }
  void archivesChanged();
  return {
    archivesChanged,
    async stop() {
      await Promise.all([...loops.map((loop) => loop.stop()), bringing.stop()]);
    },
  };
}
