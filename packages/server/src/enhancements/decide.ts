import { PhotopeakError } from '@photopeak/imaging';
import type { PipelineResult } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { finishRun } from '../workflow/index.ts';
import type { Layers } from './layers.ts';

export interface LayerContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly layers: Layers;
  readonly configuration: Pick<Configuration, 'models'>;
}

/** Who decides, as the audit trail names them. */
type Actor = `user:${string}` | 'node';

/**
 * A layer becomes a result like any other: in the archive, in the index, owed to its destinations.
 * @throws PhotopeakError ENHANCEMENT_GONE, ENHANCEMENT_HELD
 */
export async function keepEnhancement(context: LayerContext, runId: string, actor: Actor): Promise<void> {
  const result = await context.layers.read(runId);
  if (result === undefined) throw gone(runId);
  if (result.objects.some(({ isHeld }) => isHeld === true)) {
    throw new PhotopeakError('quality control holds this series back', {
      code: 'ENHANCEMENT_HELD',
      expected: 'a layer that passed, or was only flagged',
      where: runId,
      remedy: 'drop it; try another method or weaker settings',
    });
  }
  await close(context, runId, 'kept', actor);
  await finishKept(context, runId, result);
}

/** The layer is removed at once. @throws PhotopeakError ENHANCEMENT_GONE */
export async function dropEnhancement(context: LayerContext, runId: string, actor: Actor): Promise<void> {
  await close(context, runId, 'dropped', actor);
  await context.layers.remove(runId);
}

async function close(
  { db }: LayerContext,
  runId: string,
  outcome: 'kept' | 'dropped' | 'expired',
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('enhancement')
      .set({ outcome, decided_by: actor, decided_at: new Date() })
      .where('run_id', '=', runId)
      .where('outcome', 'is', null)
      // Nothing is kept before it is there.
      .$if(outcome === 'kept', (query) => query.where('expires_at', 'is not', null))
      .returning('study_instance_uid')
      .executeTakeFirst();
    if (row === undefined) throw gone(runId);
    // What is kept is finished as a run that comes from its worker.
    if (outcome === 'kept')
      await transaction.updateTable('run').set({ state: 'running' }).where('id', '=', runId).execute();
    await announce(transaction, {
      kind: 'run',
      runId,
      studyInstanceUid: row.study_instance_uid,
      state: outcome === 'kept' ? 'running' : 'packaged',
    });
    await appendAudit(transaction, [
      { kind: 'enhancement', actor, subject: `run:${runId}`, detail: { what: outcome } },
    ]);
  });
}

async function finishKept(
  { db, archive, layers, configuration }: LayerContext,
  runId: string,
  result: PipelineResult<unknown>,
): Promise<void> {
  const run = await db
    .selectFrom('run')
    .select(['id', 'study_instance_uid', 'phase', 'deliver', 'pipeline'])
    .where('id', '=', runId)
    .executeTakeFirst();
  if (run === undefined) throw gone(runId);
  const { deliverResearch } = configuration.models;
  await finishRun(db, archive, run, result, { deliverResearch });
  await layers.remove(runId);
}

const gone = (runId: string): PhotopeakError =>
  new PhotopeakError('the layer is not there any more', {
    code: 'ENHANCEMENT_GONE',
    expected: 'a layer that was neither kept nor dropped, and whose time is not over',
    where: runId,
    remedy: 'ask for the enhancement again',
  });

/**
 * Removes layers whose time is over, and ends what a process that died began: layers that were kept become results,
 * those that were dropped go.
 * @returns how many layers were closed
 */
export async function sweepLayers(context: LayerContext, now: Date): Promise<number> {
  const { db, layers } = context;
  const due = await db
    .selectFrom('enhancement')
    .select('run_id')
    .where('outcome', 'is', null)
    .where('expires_at', '<', now)
    .execute();
  for (const { run_id: runId } of due) await close(context, runId, 'expired', 'node');
  let closed = 0;
  for (const runId of await layers.list()) {
    const row = await db
      .selectFrom('enhancement')
      .innerJoin('run', 'run.id', 'enhancement.run_id')
      .select(['outcome', 'run.state'])
      .where('run_id', '=', runId)
      .executeTakeFirst();
    if (row?.outcome === null) continue;
    const isCut = row?.outcome === 'kept' && row.state === 'running';
    const result = isCut ? await layers.read(runId) : undefined;
    if (result === undefined) await layers.remove(runId);
    else await finishKept(context, runId, result);
    closed += 1;
  }
  return closed;
}
