export { createWorkItemChanges, type WorkItemChanges } from './changes.ts';
export { dicomDateTime, FILTERED_ITEMS, itemsOf, T, textOf } from './model.ts';
export { type OutsideWork, outputsOf, outsideWorkItem, type WorkItemOutput } from './outside.ts';
export { cancelRun, outputOf, progressOfRun, references, showRuns } from './runs.ts';
export type { WorkItemFilter } from './search.ts';
export { createWorkItems, type WorkItems } from './store.ts';
export { createSubscriptions, requireAeTitle, type Subscriptions } from './subscriptions.ts';
