export { createWorkItemChanges, type WorkItemChanges } from './changes.ts';
export { ALL_ITEMS, FILTERED_ITEMS, type WorkItem, workItemError } from './model.ts';
export { cancelRun, references, showRuns } from './runs.ts';
export type { WorkItemFilter } from './search.ts';
export { createWorkItems, type WorkItems } from './store.ts';
export { createSubscriptions, requireAeTitle, type Subscriptions } from './subscriptions.ts';
