import type { PipelineResult } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import { announce, type Database } from '../database/index.ts';
import { type FinishedRun, keepHeldLayer } from '../workflow/finish-run.ts';
import type { Layers } from './layers.ts';

/**
 * Takes the result of a run that somebody asked for while reading as a layer. False where the run is none of those: it
 * is finished as any other.
 */
export async function parkRun(
  context: {
    readonly db: Database;
    readonly archive: Archive;
    readonly layers: Layers;
    readonly lifetimeMinutes: number;
  },
  run: FinishedRun,
  result: PipelineResult<unknown>,
): Promise<boolean> {
  const { db, archive, layers, lifetimeMinutes } = context;
  const row = await db
    .selectFrom('enhancement')
    .select('outcome')
    .where('run_id', '=', run.id)
    .executeTakeFirst();
  if (row === undefined || row.outcome === 'kept') return false;
  // Dropped before it was there.
  if (row.outcome === null) {
    await layers.park(run.id, result);
    await keepHeldLayer(db, archive, run, result);
  }
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('run')
      .set({
        state: 'packaged',
        review: 'none',
        error: null,
        summary: JSON.stringify(result.summary ?? {}),
        notices: JSON.stringify(result.findings),
        ended_at: new Date(),
      })
      .where('id', '=', run.id)
      .where('state', 'in', ['queued', 'running'])
      .execute();
    await transaction
      .updateTable('enhancement')
      .set({ expires_at: new Date(Date.now() + lifetimeMinutes * 60_000) })
      .where('run_id', '=', run.id)
      .where('outcome', 'is', null)
      .execute();
    await announce(transaction, {
      kind: 'run',
      runId: run.id,
      studyInstanceUid: run.study_instance_uid,
      state: 'packaged',
    });
  });
  return true;
}
