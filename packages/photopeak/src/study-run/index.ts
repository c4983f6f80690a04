export { type RunSettings, resultFolder, runStudy } from './run-study.ts';
export { RUNNABLES, type Runnable } from './runnable.ts';
