export { acknowledgeAlert, listAlerts } from './list.ts';
export { type AlertContext, watchCauses } from './watch.ts';
export { sendNextNotice } from './webhook.ts';
