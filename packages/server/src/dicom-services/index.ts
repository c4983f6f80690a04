export { mayAsk } from './permissions.ts';
export { reportWorkItems } from './work-items/events.ts';
export { workItemQuery } from './work-items/query.ts';
export { workItemServices } from './work-items/services.ts';
