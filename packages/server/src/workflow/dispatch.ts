import type { Database } from '../database/index.ts';
import type { WorkflowEngine } from './engine.ts';

const BATCH = 100;

/**
 * Hands decided runs over to the engine. The engine knows a run by its id, so a node that dies after the handing over
 * and before writing it down hands over again without effect.
 */
export async function dispatchRuns(db: Database, engine: WorkflowEngine): Promise<number> {
  const runs = await db
    .selectFrom('run')
    .select(['id', 'priority'])
    .where('handed_over', '=', false)
    .orderBy('queued_at')
    .limit(BATCH)
    .execute();
  for (const run of runs) {
    await engine.start(run.id, run.priority);
    await db.updateTable('run').set({ handed_over: true }).where('id', '=', run.id).execute();
  }
  return runs.length;
}
