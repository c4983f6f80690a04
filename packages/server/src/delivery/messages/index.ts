export { reportContent } from './content.ts';
export { listMessages, retryMessages, sendNextMessage } from './outbox.ts';
export type { MessageSender } from './sender.ts';
export { tellNextPriority, tellNextRun } from './tell.ts';
