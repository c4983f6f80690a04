export {
  type DeliveryContext,
  deliverDue,
  type OutboxEntry,
  owe,
  reclaimAbandoned,
  retryNow,
} from './outbox.ts';
export type { DeliveryItem, DeliveryOutcome, Sender } from './sender.ts';
