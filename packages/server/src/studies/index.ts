export * from './completeness/index.ts';
export { type CompletionContext, completeNext, settleSoon } from './completion.ts';
export { runDetail, seriesEntries, studyDetail } from './detail.ts';
export { studyFacts } from './facts.ts';
export { planEnhancements } from './plan-enhancements.ts';
export { enqueue, queueRun, settleSite } from './queue-run.ts';
export { enhancementsLast, isNoLayer } from './reading-order.ts';
export { tryRoutes } from './try-routes.ts';
export { worklist } from './worklist.ts';
