import { createIndexWriter, createIntakeSink, type RepairsUnderWay } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import {
  type ArchiveVerification,
  type RepairOutcome,
  recordProblems,
  repairProblem,
} from '../operations/index.ts';
import type { NodeStore } from './open-store.ts';

export interface ArchiveRepair {
  readonly sha256: string;
  readonly outcome: RepairOutcome;
}

/**
 * Fetches what a verification found damaged or lost, without a running node: by C-GET and WADO-RS. What only C-MOVE
 * can bring needs the listener of the node; it is recorded, and the node fetches it.
 */
export async function repairArchive(
  store: NodeStore,
  configuration: Configuration,
  { problems }: ArchiveVerification,
): Promise<ArchiveRepair[]> {
  const { db, archive } = store;
  await recordProblems(db, problems);
  const repairs: RepairsUnderWay = new Map();
  const sink = createIntakeSink({
    archive,
    index: createIndexWriter(db),
    quietSeconds: configuration.studies.quietSeconds,
    repairs,
  });
  const context = { db, archive, configuration, sink, repairs, mayMove: false };
  const done: ArchiveRepair[] = [];
  for (const { sha256, store: where, code } of problems) {
    if (where !== 'archive' || code === 'ARCHIVE_DISAGREES') continue;
    const problem = await db
      .selectFrom('archive_problem')
      .selectAll()
      .where('sha256', '=', sha256)
      .executeTakeFirstOrThrow();
    done.push({ sha256, outcome: await repairProblem(context, problem, new AbortController().signal) });
  }
  return done;
}
