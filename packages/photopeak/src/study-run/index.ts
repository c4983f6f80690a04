export { describeSummary } from './describe-summary.ts';
export { type RunSettings, resultFolder, runStudy } from './run-study.ts';
