/** One instance to be sent: an original or a result, as it lies in the archive. */
export interface DeliveryItem {
  readonly file: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
}

/**
 * What the destination said about one instance.
 *
 * - `accepted`: it has the instance; with `warning` it changed or doubted something.
 * - `refused`: it answered and does not take the instance. `isTransient` says whether trying again later may help
 *   (out of resources) or not (SOP class not supported).
 * - `unwanted`: it was not sent, because the destination does not take what it is.
 * - `unknown`: no answer; it may or may not have the instance. Sending again is safe, because the same SOP instance
 *   is the same object.
 */
export type DeliveryOutcome = {
  readonly item: DeliveryItem;
  readonly text: string;
  /** As it was sent, where that was a copy with other UIDs. */
  readonly sent?: Pick<DeliveryItem, 'sopClassUid' | 'sopInstanceUid'>;
} & (
  | { readonly result: 'accepted'; readonly status: string; readonly warning: boolean }
  | { readonly result: 'refused'; readonly status: string; readonly isTransient: boolean }
  | { readonly result: 'unwanted' }
  | { readonly result: 'unknown'; readonly code: string }
);

/** A way to one destination. */
export interface Sender {
  /** One outcome for each item, in the order in which they become known. Never throws for the destination. */
  send(items: readonly DeliveryItem[], signal?: AbortSignal): AsyncIterable<DeliveryOutcome>;
  /** Asks whether the destination is there and lets us in; rejects with the reason where not. */
  check(signal?: AbortSignal): Promise<void>;
}
