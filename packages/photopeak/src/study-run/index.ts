export { type RunSettings, resultFolder, runStudy } from './run-study.ts';
export { DOSE_SIMULATION, ENHANCEMENT, RUNNABLES, type Runnable } from './runnable.ts';
