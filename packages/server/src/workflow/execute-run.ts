import { PhotopeakError } from '@photopeak/imaging';
import {
  type Pipeline,
  requireDeclaredOutputs,
  type SiteModels,
  type StudyInput,
  type UsedModel,
} from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import { announce, type Database, type RunErrorColumn } from '../database/index.ts';
import { openLayers } from '../enhancements/layers.ts';
import { parkRun } from '../enhancements/park.ts';
import { appendAudit } from '../governance/index.ts';
import { runShadows } from '../models/index.ts';
import type { Logger } from '../operations/logging.ts';
import { frozenInput } from '../studies/input.ts';
import { isNoLayer } from '../studies/reading-order.ts';
import { detailsOf, durableRunner, StepBroken, StepFailed, type StepJournal } from './durable-runner.ts';
import type { RunExecution } from './engine.ts';
import { finishRun } from './finish-run.ts';
import type { GpuLeases } from './gpu/index.ts';
import { createJournal } from './journal.ts';
import { createStepOutputs } from './step-outputs.ts';

export interface ExecutionContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly pipelines: readonly Pipeline[];
  readonly keepStepOutputs: boolean;
  readonly signal: AbortSignal;
  /** Undefined in a worker without a device. */
  readonly gpus: GpuLeases | undefined;
  readonly models: SiteModels;
  /** The same for candidates that run beside them. */
  readonly shadows: SiteModels;
  readonly deliverResearch: boolean;
  /** How long the result of a run that was asked for while reading is there unless it is kept. */
  readonly lifetimeMinutes: number;
  readonly log: Logger;
}

/** Finds the very version that a run was decided with: another one would give other results under its name. */
export function requirePipeline(pipelines: readonly Pipeline[], name: string, version: string): Pipeline {
  const sameName = pipelines.filter((candidate) => candidate.name === name);
  const found = sameName.find((candidate) => candidate.version === version);
  if (found !== undefined) return found;
  throw new PhotopeakError('this node does not have the pipeline of the run', {
    code: 'RUN_PIPELINE_ABSENT',
    expected: `${name} ${version}`,
    found: sameName.map((candidate) => candidate.version).join(', ') || 'no version of it',
    remedy: 'send the study again to process it with the present version, or install the old one',
  });
}

export async function loadRun(db: Database, runId: string) {
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirst();
  if (run !== undefined) return run;
  throw new PhotopeakError('there is no such run', { code: 'RUN_UNKNOWN', found: runId });
}

/** The whole life of a run in a worker. Called again with the same checkpoints after a crash, it goes on. */
export function createRunExecution(context: ExecutionContext): RunExecution {
  const { db, archive, log, gpus } = context;
  const layers = openLayers(archive);
  return async (runId, checkpoints) => {
    const run = await loadRun(db, runId);
    const outputs = createStepOutputs(archive.stepFolder(runId));
    await checkpoints.once('begin', () => begin(db, runId, run.study_instance_uid));
    try {
      const pipeline = requirePipeline(context.pipelines, run.pipeline, run.pipeline_version);
      const input = await frozenInput(db, archive, run.study_instance_uid, run.input);
      const runner = durableRunner({
        run: { key: run.result_key, at: run.content_at },
        checkpoints,
        outputs,
        journal: createJournal(db, runId, run.study_instance_uid, log),
        signal: context.signal,
        models: context.models,
        gpu: gpus && ((step, signal) => gpus.acquire({ runId, step }, signal)),
      });
      const parameters = pipeline.parameters.parse(run.parameters);
      const result = await pipeline.run(input, parameters, runner);
      requireDeclaredOutputs(pipeline, result);
      const { deliverResearch, lifetimeMinutes } = context;
      await checkpoints.once('finish', async () => {
        const isLayer = await parkRun({ db, archive, layers, lifetimeMinutes }, run, result);
        if (!isLayer) await finishRun(db, archive, run, result, { deliverResearch });
      });
      log.info({ run: runId, pipeline: run.pipeline, objects: result.objects.length }, 'run finished');
      const used = pipeline.site?.used?.(result.summary, parameters) ?? [];
      if (used.length > 0) await tryShadows(context, runId, input, used, { checkpoints, outputs });
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      await checkpoints.once('fail', () => fail(db, runId, run.study_instance_uid, failure));
      log.warn({ run: runId, pipeline: run.pipeline, ...failure }, 'run failed');
    }
    if (!context.keepStepOutputs) await outputs.remove();
  };
}

/** Nothing that goes wrong with a candidate changes the run, which is finished. */
async function tryShadows(
  { db, shadows, signal, gpus, log }: ExecutionContext,
  runId: string,
  study: StudyInput,
  used: readonly UsedModel[],
  durable: Pick<Parameters<typeof durableRunner>[0], 'checkpoints' | 'outputs'>,
): Promise<void> {
  const runner = durableRunner({
    ...durable,
    run: { key: runId, at: '' },
    journal: UNSEEN,
    signal,
    models: shadows,
    gpu: gpus && ((step, until) => gpus.acquire({ runId, step }, until)),
  });
  try {
    await runShadows(db, runner, { runId, study, used });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StepBroken || error instanceof PhotopeakError)) throw error;
    log.warn({ run: runId, err: error }, 'a candidate could not be compared');
  }
}

/** People do not see the steps of candidates. */
const UNSEEN: StepJournal = { started: async () => {}, progressed: () => {}, ended: async () => {} };

/** Errors that are an answer about the study; anything else (lost database, shutdown) is not and is repeated. */
function failureOf(error: unknown): RunErrorColumn | undefined {
  if (error instanceof StepBroken) return toColumn(error.details, error.step);
  if (error instanceof StepFailed) return toColumn(error.toJSON(), error.step);
  if (error instanceof PhotopeakError) return toColumn(error.toJSON(), null);
  if (isGivenUp(error)) {
    const gaveUp = new PhotopeakError('a step could not be done, however often it was tried', {
      code: 'RUN_GAVE_UP',
      remedy: 'see the log of the worker (a full disk?), then start the run again',
    });
    return toColumn(gaveUp.toJSON(), null);
  }
  if (error instanceof TypeError || error instanceof RangeError) return toColumn(detailsOf(error), null);
  return undefined;
}

/** The engine ends a run whose checkpoint failed at every repetition; nobody would start it again by itself. */
function isGivenUp(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'DBOSMaxStepRetriesError';
}

function toColumn(details: Readonly<Record<string, string>>, step: string | null): RunErrorColumn {
  const asked =
    details.expected === undefined ? '' : ` (expected ${details.expected}; found ${details.found ?? '?'})`;
  return {
    code: details.code ?? 'RUN_FAILED',
    message: `${details.message ?? 'the run failed'}${asked}`,
    step,
    remedy: details.remedy ?? null,
  };
}

async function begin(db: Database, runId: string, study: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const begun = await transaction
      .updateTable('run')
      .set((eb) => ({
        state: 'running' as const,
        error: null,
        started_at: eb.fn.coalesce('started_at', eb.val(new Date())),
      }))
      .where('id', '=', runId)
      // A run that was cancelled on its way to the worker stays cancelled; one that is tried again has no error.
      .where((eb) =>
        eb.or([eb('state', '=', 'queued'), eb.and([eb('state', '=', 'failed'), eb('error', 'is', null)])]),
      )
      .executeTakeFirst();
    if (begun.numUpdatedRows === 0n) return;
    await announce(transaction, { kind: 'run', runId, studyInstanceUid: study, state: 'running' });
  });
}

async function fail(db: Database, runId: string, study: string, failure: RunErrorColumn): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const taken = await transaction
      .updateTable('run')
      .set({ state: 'failed', error: JSON.stringify(failure), ended_at: new Date() })
      .where('id', '=', runId)
      .where('state', 'in', ['queued', 'running'])
      .returning(isNoLayer.as('is_result'))
      .executeTakeFirst();
    if (taken === undefined) return;
    const where = failure.step === null ? '' : `${failure.step}: `;
    // What somebody tried while reading does not make the study a failed one.
    if (taken.is_result) {
      await transaction
        .updateTable('study')
        .set({
          state: 'failed',
          state_reason: `${where}${failure.message} [${failure.code}]`,
          changed_at: new Date(),
        })
        .where('study_instance_uid', '=', study)
        .where('state', '!=', 'receiving')
        .execute();
      await announce(transaction, { kind: 'study', studyInstanceUid: study, state: 'failed' });
    }
    await announce(transaction, { kind: 'run', runId, studyInstanceUid: study, state: 'failed' });
    await appendAudit(transaction, [
      {
        kind: 'run-failed',
        actor: 'worker',
        subject: `run:${runId}`,
        detail: { study, code: failure.code, step: failure.step },
      },
    ]);
  });
}
