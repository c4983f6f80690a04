export { measurementCode, type ReportContent, reportContent, type ToldFinding } from './content.ts';
export { listMessages, retryMessages, sendNextMessage } from './outbox.ts';
export { failureOf, type MessageOutcome, type MessageSender } from './sender.ts';
export { tellNextPriority, tellNextRun } from './tell.ts';
