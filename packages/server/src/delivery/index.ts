export { type Chosen, giveUpDeliveries, retryDeliveries } from './dead-letters.ts';
export { finishIfDelivered } from './finish-delivered.ts';
export {
  type DeliverTo,
  type DeliveryContext,
  deliverDue,
  type OutboxEntry,
  owe,
  pauseAfter,
  reclaimAbandoned,
} from './outbox.ts';
export type { DeliveryItem, DeliveryOutcome, Sender } from './sender.ts';
