export { type RunSettings, resultFolder, runStudy } from './run-study.ts';
export { ENHANCEMENT, RUNNABLES, type Runnable } from './runnable.ts';
