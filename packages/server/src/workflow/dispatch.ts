import type { Pipeline, ResourceClass } from '@photopeak/pipelines';
import { sql } from 'kysely';
import type { Configuration } from '../config/index.ts';
import type { Database, OffPeakColumn } from '../database/index.ts';
import type { WorkflowEngine } from './engine.ts';

const BATCH = 1_000;

/** What may be handed over now. */
export interface DispatchRules {
  readonly limits: Configuration['limits']['pipelines'];
  /** What a pipeline needs. */
  resourceOf(pipeline: string): ResourceClass;
  /** Whether an off-peak time has come. */
  isOpen(window: OffPeakColumn): boolean;
}

/**
 * Hands decided runs over to the engine, the most urgent first: those whose time has come, as many as the limits of
 * their pipelines allow. The engine knows a run by its id, so a node that dies after the handing over and before
 * writing it down hands over again without effect.
 */
export async function dispatchRuns(
  db: Database,
  engine: WorkflowEngine,
  rules: DispatchRules,
): Promise<number> {
  const runs = await db
    .selectFrom('run')
    .select(['id', 'priority', 'pipeline', 'off_peak'])
    .where('handed_over', '=', false)
    .orderBy('priority')
    .orderBy('queued_at')
    .orderBy('id')
    .limit(BATCH)
    .execute();
  if (runs.length === 0) return 0;
  const left = await room(db, rules.limits);
  let started = 0;
  for (const run of runs) {
    const space = left.get(run.pipeline) ?? Number.POSITIVE_INFINITY;
    if (space < 1 || (run.off_peak !== null && !rules.isOpen(run.off_peak))) continue;
    await engine.start(run.id, run.priority, rules.resourceOf(run.pipeline));
    await db.updateTable('run').set({ handed_over: true }).where('id', '=', run.id).execute();
    left.set(run.pipeline, space - 1);
    started += 1;
  }
  return started;
}

/** How many runs of each limited pipeline may be handed over now. */
async function room(db: Database, limits: DispatchRules['limits']): Promise<Map<string, number>> {
  const left = new Map<string, number>();
  if (Object.keys(limits).length === 0) return left;
  const rows = await db
    .selectFrom('run')
    .select([
      'pipeline',
      sql<number>`count(*) filter (where state in ('queued', 'running'))`.as('active'),
      sql<number>`count(*) filter (where state = 'queued' or started_at > now() - interval '1 hour')`.as(
        'lately',
      ),
    ])
    .where('handed_over', '=', true)
    .where('pipeline', 'in', Object.keys(limits))
    .groupBy('pipeline')
    .execute();
  for (const [pipeline, { concurrent, perHour }] of Object.entries(limits)) {
    const row = rows.find((candidate) => candidate.pipeline === pipeline);
    left.set(
      pipeline,
      Math.min(
        (concurrent ?? Number.POSITIVE_INFINITY) - (row?.active ?? 0),
        (perHour ?? Number.POSITIVE_INFINITY) - (row?.lately ?? 0),
      ),
    );
  }
  return left;
}

/** What the runs of a pipeline need, by its name; `cpu` for one that is not here any more. */
export function resourceOf(pipelines: readonly Pipeline[], name: string): ResourceClass {
  const resources = pipelines.filter((pipeline) => pipeline.name === name).map(({ resource }) => resource);
  return resources.includes('gpu') ? 'gpu' : 'cpu';
}
