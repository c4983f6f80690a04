export { type InProcessOptions, inProcessRunner, type StepObserver } from './in-process-runner.ts';
export { withPrefix } from './named-steps.ts';
export { requireDeclaredOutputs } from './outputs.ts';
export { resultKey, runKey } from './run-key.ts';
