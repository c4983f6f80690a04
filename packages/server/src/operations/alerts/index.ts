export { acknowledgeAlert, listAlerts } from './list.ts';
export { type AlertContext, watchCauses } from './watch.ts';
export { sendNextNotice, signatureOf } from './webhook.ts';
