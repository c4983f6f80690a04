import type { StepRunner } from '../pipeline.ts';

/** The same runner, with steps that people see under names with a prefix: a pipeline that runs steps more than once. */
export function withPrefix(runner: StepRunner, prefix: string): StepRunner {
  return {
    run: runner.run,
    step: (step, input) => runner.step({ ...step, name: `${prefix}-${step.name}` }, input),
  };
}
