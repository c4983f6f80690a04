import { PhotopeakError } from '@photopeak/imaging';
import type { RunIdentity, SiteModels, Step, StepRunner } from '@photopeak/pipelines';
import type { Checkpoints } from './engine.ts';
import type { GpuLease } from './gpu/index.ts';
import type { StepOutputs } from './step-outputs.ts';

/** What people see of the steps of a run. */
export interface StepJournal {
  started(ordinal: number, step: { readonly name: string; readonly version: string }): Promise<void>;
  progressed(ordinal: number, name: string, fraction: number, message: string | undefined): void;
  ended(ordinal: number, name: string, state: 'done' | 'failed'): Promise<void>;
}

/**
 * A step that ended with an error about its input. A pipeline may go on without the step, as it does where steps run in
 * its own process.
 */
export class StepFailed extends PhotopeakError {
  readonly step: string;

  constructor(step: string, { message = '', code = '', ...details }: Readonly<Record<string, string>>) {
    super(message, { ...details, code });
    this.name = 'StepFailed';
    this.step = step;
  }
}

/** A step that ended with an error that nobody foresaw: its run ends. */
export class StepBroken extends Error {
  readonly step: string;
  readonly details: Readonly<Record<string, string>>;

  constructor(step: string, details: Readonly<Record<string, string>>) {
    super(details.message);
    this.name = 'StepBroken';
    this.step = step;
    this.details = details;
  }
}

type Answer =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly details: Record<string, string> };

/**
 * Runs steps so that each is done once for the run, however often its process is killed: the output goes to disk,
 * its address into the workflow's memory. A process that dies after the output is on disk and before the address
 * is remembered repeats the step, and writes the same bytes under the same name.
 */
export function durableRunner(options: {
  readonly run: RunIdentity;
  readonly checkpoints: Checkpoints;
  readonly outputs: StepOutputs;
  readonly journal: StepJournal;
  readonly signal: AbortSignal;
  readonly models: SiteModels;
  /** Waits for a device; undefined in a worker that has none. */
  readonly gpu: ((step: string, signal: AbortSignal) => Promise<GpuLease>) | undefined;
}): StepRunner {
  const { run, checkpoints, outputs, journal, signal, models } = options;
  let next = 0;
  return {
    run,
    async step<In, Out>(step: Step<In, Out>, input: In): Promise<Out> {
      signal.throwIfAborted();
      const ordinal = next++;
      let live: { readonly value: unknown } | undefined;
      const answer = await checkpoints.once<Answer>(`${step.name}@${step.version}`, async () => {
        await journal.started(ordinal, step);
        let output: unknown;
        try {
          await using lease = step.resource === 'gpu' ? await leaseOf(step.name, options) : undefined;
          output = await step.run(input, {
            run,
            signal,
            models,
            ...(lease === undefined ? {} : { gpu: lease.device.id }),
            progress: (fraction, message) => journal.progressed(ordinal, step.name, fraction, message),
          });
        } catch (error) {
          // An interrupted process is not a failed step: it is repeated elsewhere.
          signal.throwIfAborted();
          await journal.ended(ordinal, step.name, 'failed');
          return { ok: false, details: detailsOf(error) };
        }
        const stored = await outputs.throughStore(output);
        live = { value: stored.value };
        await journal.ended(ordinal, step.name, 'done');
        return { ok: true, address: stored.address };
      });
      if (!answer.ok) throw stepError(step.name, answer.details);
      return (live === undefined ? await outputs.load(answer.address) : live.value) as Out;
    },
  };
}

async function leaseOf(
  step: string,
  { gpu, signal }: Pick<Parameters<typeof durableRunner>[0], 'gpu' | 'signal'>,
): Promise<GpuLease> {
  if (gpu !== undefined) return gpu(step, signal);
  throw new PhotopeakError('this step needs a GPU and its worker has none', {
    code: 'RUN_GPU_ABSENT',
    where: step,
    expected: 'a pipeline with resource gpu, so that its runs wait for a worker with a device',
    remedy: 'declare the resource of the pipeline, and name devices under workflow.gpus',
  });
}

const stepError = (step: string, details: Record<string, string>) =>
  details.code === 'RUN_STEP_BROKEN' ? new StepBroken(step, details) : new StepFailed(step, details);

/** The fields of an error as JSON, without its stack. */
export function detailsOf(error: unknown): Record<string, string> {
  if (error instanceof PhotopeakError) return error.toJSON();
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'RUN_STEP_BROKEN',
    message: `the step stopped with an unexpected error: ${message}`,
    remedy: 'report this with the log of the worker; the study itself may be in order',
  };
}
