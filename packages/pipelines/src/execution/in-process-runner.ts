import type { RunIdentity, SiteModels, Step, StepRunner } from '../pipeline.ts';

export interface StepObserver {
  started?(step: string): void;
  progressed?(step: string, fraction: number, message?: string): void;
  ended?(step: string, seconds: number): void;
}

export interface InProcessOptions {
  readonly run: RunIdentity;
  readonly observer?: StepObserver;
  readonly signal?: AbortSignal;
  /** Models of the site for the steps. */
  readonly models?: SiteModels;
}

/** Runs each step at once in this process; nothing is stored between steps. */
export function inProcessRunner({ run, observer, signal, models }: InProcessOptions): StepRunner {
  return {
    run,
    async step<In, Out>(step: Step<In, Out>, input: In): Promise<Out> {
      signal?.throwIfAborted();
      observer?.started?.(step.name);
      const start = performance.now();
      const output = await step.run(input, {
        run,
        signal: signal ?? new AbortController().signal,
        ...(models === undefined ? {} : { models }),
        progress: (fraction, message) => observer?.progressed?.(step.name, fraction, message),
      });
      observer?.ended?.(step.name, (performance.now() - start) / 1000);
      return output;
    },
  };
}
