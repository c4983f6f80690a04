import { PhotopeakError } from '@photopeak/imaging';
import { type Phase, type Pipeline, resultKey, runKey, type StudyInput } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import { announce, type Database } from '../database/index.ts';
import type { AuditEvent } from '../governance/index.ts';
import { pinModels } from '../models/index.ts';
import type { RouteDecision } from '../routing/index.ts';
import { frozenInput, inputItems, priorInputs, studyInput } from './input.ts';

/** DBOS takes the smallest number first. */
export const PRIORITY = { urgent: 1, high: 10, routine: 100 } as const;

export interface QueueContext {
  readonly archive: Archive;
  readonly pipelines: readonly Pipeline[];
  now(): Date;
}

export type QueueOutcome =
  | { readonly event: AuditEvent | undefined }
  /** A run that read the same already. */
  | { readonly kept: string }
  /** What the pipeline compares with is not here; a run may follow when it comes. */
  | { readonly waiting: string }
  | { readonly problem: string };

/**
 * Queues the run of a route, unless the same was decided before. Late instances that the run would not read are no
 * reason for another one.
 */
export async function queueRun(
  transaction: Database,
  context: QueueContext,
  uid: string,
  { route, chosen }: RouteDecision,
): Promise<QueueOutcome> {
  const { pipeline: name, parameters } = route.run!;
  const pipeline = context.pipelines.find((candidate) => candidate.name === name);
  if (pipeline === undefined) return { problem: `route ${route.name}: there is no pipeline ${name}` };
  const parsed = pipeline.parameters.safeParse(parameters);
  if (!parsed.success) {
    return {
      problem: `route ${route.name}: the parameters of ${name} are not valid (${parsed.error.issues[0]?.message})`,
    };
  }
  const whole = await studyInput(transaction, context.archive, uid);
  const series = new Set(chosen.map(({ seriesInstanceUid }) => seriesInstanceUid));
  const own =
    route.choose === undefined
      ? whole
      : { ...whole, instances: whole.instances.filter((instance) => series.has(instance.seriesInstanceUid)) };
  const { priors: wanted } = pipeline;
  const priors = wanted === undefined ? [] : await priorInputs(transaction, context.archive, uid, wanted);
  if (priors.length < (wanted?.least ?? 0)) {
    return { waiting: `route ${route.name}: no study from before is here to compare with` };
  }
  const input = priors.length === 0 ? own : { ...own, priors };
  const settled = await settleSite(transaction, pipeline, parsed.data, input, route.phase);
  const key = runKey(pipeline, settled, input);
  const work = { pipeline, parameters: settled, input, key };
  const kept = await unchangedRun(transaction, context.archive, work);
  if (kept !== undefined) return { kept };
  const { event } = await enqueue(transaction, context, uid, work, route);
  return { event };
}

/** Parameters with what only this node knows: the phase, and the versions of the models that serve the study. */
export async function settleSite(
  transaction: Database,
  { site }: Pipeline,
  parameters: unknown,
  input: StudyInput,
  phase: Phase,
): Promise<unknown> {
  if (site === undefined) return parameters;
  const models = await pinModels(transaction, site.models(parameters), input);
  return site.settle(parameters, { phase, models });
}

export interface Work {
  readonly pipeline: Pipeline;
  /** As the pipeline parsed them. */
  readonly parameters: unknown;
  readonly input: StudyInput;
  /** Its run key, where that is known already: it is a hash over the whole input. */
  readonly key?: string;
}

/** What a run takes over from the route, or from the run, that it comes from. */
export type Terms = Pick<RouteDecision['route'], 'name' | 'phase' | 'offPeak' | 'deliver' | 'priority'>;

/**
 * Writes a run down for the workers, unless the very same is there.
 * @returns its id, and what is to be audited: nothing where it was there already
 */
export async function enqueue(
  transaction: Database,
  context: Pick<QueueContext, 'now'>,
  uid: string,
  { pipeline, parameters, input, key = runKey(pipeline, parameters, input) }: Work,
  route: Terms,
): Promise<{ readonly id: string; readonly event: AuditEvent | undefined }> {
  const objects = resultKey(pipeline, parameters, input);
  const priors = input.priors ?? [];
  const id = key.slice(0, 32);
  const inserted = await transaction
    .insertInto('run')
    .values({
      id,
      run_key: key,
      result_key: objects,
      study_instance_uid: uid,
      route: route.name,
      pipeline: pipeline.name,
      pipeline_version: pipeline.version,
      pipeline_title: pipeline.title,
      parameters: JSON.stringify(parameters ?? {}),
      phase: route.phase,
      off_peak: route.offPeak === undefined ? null : JSON.stringify(route.offPeak),
      deliver: JSON.stringify(route.deliver),
      priority: PRIORITY[route.priority],
      content_at: await contentTime(transaction, objects, context.now()),
      input: JSON.stringify(inputItems(input)),
      error: null,
      summary: null,
    })
    .onConflict((conflict) => conflict.column('run_key').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return { id, event: undefined };
  await announce(transaction, { kind: 'run', runId: id, studyInstanceUid: uid, state: 'queued' });
  return {
    id,
    event: {
      kind: 'run-queued',
      actor: 'node',
      subject: `run:${id}`,
      detail: {
        study: uid,
        key,
        route: route.name,
        pipeline: pipeline.name,
        version: pipeline.version,
        parameters: parameters ?? {},
        input: input.instances.map(({ sopInstanceUid, sha256 }) => [sopInstanceUid, sha256]),
        ...(priors.length === 0 ? {} : { priors: priors.map(({ studyInstanceUid }) => studyInstanceUid) }),
      },
    },
  };
}

/** The same objects have the same content time: that of the first run that makes them, else now. */
async function contentTime(transaction: Database, objects: string, now: Date): Promise<string> {
  const first = await transaction
    .selectFrom('run')
    .select('content_at')
    .where('result_key', '=', objects)
    .orderBy('queued_at')
    .orderBy('id')
    .executeTakeFirst();
  return first?.content_at ?? now.toISOString().slice(0, 19);
}

/** A run of the same work whose series, as the pipeline chooses them, are the same to the byte. */
async function unchangedRun(
  transaction: Database,
  archive: Archive,
  { pipeline, parameters, input, key }: Required<Work>,
): Promise<string | undefined> {
  if (pipeline.reads === undefined) return undefined;
  const uid = input.studyInstanceUid;
  const earlier = await transaction
    .selectFrom('run')
    .select(['id', 'run_key', 'input', 'parameters'])
    .where('study_instance_uid', '=', uid)
    .where('pipeline', '=', pipeline.name)
    .where('pipeline_version', '=', pipeline.version)
    .where('state', '!=', 'failed')
    .orderBy('queued_at', 'desc')
    .execute();
  if (earlier.length === 0 || earlier.some((run) => run.run_key === key)) return undefined;
  const wanted = await readKey(pipeline, parameters, input);
  if (wanted === undefined) return undefined;
  for (const run of earlier) {
    const before = await frozenInput(transaction, archive, uid, run.input);
    if ((await readKey(pipeline, pipeline.parameters.parse(run.parameters), before)) === wanted)
      return run.id;
  }
  return undefined;
}

/** Undefined where the series cannot be told: the run itself says what is wrong with the study. */
async function readKey(
  pipeline: Pipeline,
  parameters: unknown,
  input: StudyInput,
): Promise<string | undefined> {
  try {
    const read = new Set(await pipeline.reads!(input));
    const instances = input.instances.filter(({ seriesInstanceUid }) => read.has(seriesInstanceUid));
    return runKey(pipeline, parameters, { ...input, instances });
  } catch (error) {
    if (error instanceof PhotopeakError) return undefined;
    throw error;
  }
}
