export { type CompletionContext, completeNext, settleSoon } from './completion.ts';
export { runDetail, seriesEntries, studyDetail } from './detail.ts';
export { studyFacts } from './facts.ts';
export { worklist } from './worklist.ts';
