/** One instance that has to reach a destination, byte for byte as it lies in the archive. */
export interface DeliveryItem {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The Part 10 file. */
  readonly path: string;
}

export type DeliveryOutcome =
  /** The destination said that it has it; `acknowledgement` is what it said (status, warning). */
  | { readonly status: 'acknowledged'; readonly acknowledgement: string }
  /** It was not taken; `final` when trying again cannot help (syntax or SOP class refused). */
  | { readonly status: 'failed'; readonly code: string; readonly message: string; readonly final: boolean };

/**
 * A way out of the node. `deliver` reports each item as soon as its fate is known; items without a report when it
 * resolves or rejects are tried again. Sending an item twice must be harmless: receivers know it by its UID.
 */
export interface Destination {
  readonly name: string;
  deliver(
    items: readonly DeliveryItem[],
    report: (item: DeliveryItem, outcome: DeliveryOutcome) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close?(): Promise<void>;
}
