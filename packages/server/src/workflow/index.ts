export { createDbosEngine, migrateEngine } from './dbos-engine.ts';
export { defaultPipelines } from './default-pipelines.ts';
export { dispatchRuns, resourceOf } from './dispatch.ts';
export type { WorkflowEngine } from './engine.ts';
export { keepExecutor, LIVING_EXECUTORS } from './executors.ts';
export { finishRun } from './finish-run.ts';
export { type ReplayReport, replayRun } from './replay.ts';
export { startWorkers, type WorkerPool } from './supervisor.ts';
export type { WorkerSettings } from './worker-main.ts';
