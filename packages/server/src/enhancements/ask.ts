import { PhotopeakError } from '@photopeak/imaging';
import {
  type EnhancementParameters,
  enhancement,
  type Pipeline,
  planEnhancement,
  readInstances,
} from '@photopeak/pipelines';
import type { EnhancementRequest, User } from '../api/contract.ts';
import type { Archive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { announce, type Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { enqueue, settleSite } from '../studies/index.ts';
import { studyInput } from '../studies/input.ts';
import { resourceOf, type WorkflowEngine } from '../workflow/index.ts';

export interface AskContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly pipelines: readonly Pipeline[];
  readonly engine: WorkflowEngine;
  readonly configuration: Pick<Configuration, 'enhancements'>;
  now(): Date;
}

/**
 * Starts the enhancement of a series as a run of its own, whose result is a layer until it is kept. Asking for the same
 * again gives the same run; one that was dropped or failed is computed again.
 * @returns the id of the run
 * @throws PhotopeakError HTTP_NOT_FOUND, ENHANCE_*
 */
export async function askForEnhancement(
  context: AskContext,
  studyInstanceUid: string,
  request: EnhancementRequest,
  user: User,
): Promise<string> {
  const { db, archive, configuration } = context;
  const pipeline = context.pipelines.find(({ name }) => name === enhancement.name);
  if (pipeline === undefined) {
    throw new PhotopeakError('this node does not have the enhancement pipeline', {
      code: 'RUN_PIPELINE_ABSENT',
      expected: enhancement.name,
    });
  }
  const { seriesInstanceUid, task, method, settings } = request;
  const whole = await studyInput(db, archive, studyInstanceUid);
  const instances = whole.instances.filter((one) => one.seriesInstanceUid === seriesInstanceUid);
  if (instances.length === 0) throw new PhotopeakError('there is no such series', { code: 'HTTP_NOT_FOUND' });
  const input = { ...whole, instances };
  const { phase, deliver, quality } = configuration.enhancements;
  const asked = enhancement.parameters.parse({ task, method, settings, series: seriesInstanceUid, quality });
  const parameters = (await settleSite(db, pipeline, asked, input, phase)) as EnhancementParameters;
  await requireSomething(input, parameters);
  const { runId, isNew } = await db.transaction().execute(async (transaction) => {
    const { id, event } = await enqueue(
      transaction,
      context,
      studyInstanceUid,
      { pipeline, parameters, input },
      {
        name: 'on-demand',
        phase,
        deliver: deliver.map((to) => ({ to, send: 'results' as const })),
        priority: 'urgent',
      },
    );
    const row = {
      run_id: id,
      study_instance_uid: studyInstanceUid,
      series_instance_uid: seriesInstanceUid,
      task,
      method,
      asked_by: user.id,
      asked_by_name: user.name,
      expires_at: null,
      outcome: null,
      decided_by: null,
      decided_at: null,
    };
    // A run that a route made has no row: its results are there already, and stay what they are.
    const known = await transaction
      .selectFrom('enhancement')
      .select('outcome')
      .where('run_id', '=', id)
      .executeTakeFirst();
    if (event !== undefined) await transaction.insertInto('enhancement').values(row).execute();
    else if (known !== undefined && (await mustRunAgain(transaction, id, known.outcome))) {
      await transaction.updateTable('enhancement').set(row).where('run_id', '=', id).execute();
      await transaction.deleteFrom('run_step').where('run_id', '=', id).execute();
      await transaction
        .updateTable('run')
        .set({
          state: 'queued',
          error: null,
          summary: null,
          started_at: null,
          ended_at: null,
          handed_over: true,
        })
        .where('id', '=', id)
        .execute();
      await announce(transaction, { kind: 'run', runId: id, studyInstanceUid, state: 'queued' });
    } else return { runId: id, isNew: true };
    await appendAudit(transaction, [
      {
        kind: 'enhancement',
        actor: `user:${user.id}`,
        subject: `run:${id}`,
        detail: { what: 'asked', study: studyInstanceUid, series: seriesInstanceUid, task, method },
      },
      ...(event === undefined ? [] : [event]),
    ]);
    return { runId: id, isNew: event !== undefined };
  });
  if (!isNew) await context.engine.restart(runId, resourceOf(context.pipelines, pipeline.name));
  return runId;
}

/** Refuses at once what the run would refuse after minutes. */
async function requireSomething(
  input: Parameters<typeof readInstances>[0],
  parameters: EnhancementParameters,
): Promise<void> {
  const planned = await planEnhancement(readInstances(input), parameters, new AbortController().signal);
  if (planned.some(({ decision }) => decision !== null)) return;
  throw new PhotopeakError('the series cannot be enhanced so', {
    code: 'ENHANCE_NOT_FOR_IMAGE',
    expected: `a series for ${parameters.task} by ${parameters.method}`,
    found: planned[0]?.source.reason ?? 'no image',
    remedy: 'choose another task or method',
  });
}

async function mustRunAgain(
  transaction: Database,
  runId: string,
  outcome: 'kept' | 'dropped' | 'expired' | null,
): Promise<boolean> {
  if (outcome === 'dropped' || outcome === 'expired') return true;
  const run = await transaction.selectFrom('run').select('state').where('id', '=', runId).executeTakeFirst();
  return run?.state === 'failed';
}
