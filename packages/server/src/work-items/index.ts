export { createWorkItemChanges, type WorkItemChanges } from './changes.ts';
export { ALL_ITEMS, dicomDateTime, FILTERED_ITEMS, itemsOf, T, textOf, type WorkItem } from './model.ts';
export { type OutsideWork, outputsOf, outsideWorkItem, type WorkItemOutput } from './outside.ts';
export { createReceivers, type Receivers } from './receivers.ts';
export { outputOf, progressOfRun, references, runCanceller, showRuns } from './runs.ts';
export type { WorkItemFilter } from './search.ts';
export { createWorkItems, type WorkItemAnswer, type WorkItems } from './store.ts';
export { createSubscriptions, requireAeTitle, type Subscriptions } from './subscriptions.ts';
