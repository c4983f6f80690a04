export { type InProcessOptions, inProcessRunner, type StepObserver } from './in-process-runner.ts';
export { requireDeclaredOutputs } from './outputs.ts';
export { runKey } from './run-key.ts';
