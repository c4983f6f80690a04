/** Bounds for untrusted bytes. */
export interface ReadLimits {
  /** Deepest nesting of sequences. Real objects stay below 16. */
  readonly maxDepth: number;
  /** Largest file, and largest data set that a deflated file may inflate to, in bytes. */
  readonly maxBytes: number;
}

export const defaultReadLimits: ReadLimits = { maxDepth: 64, maxBytes: 0xffffffff };

/** Deflated data sets beyond this are refused unless the file itself is larger: no text deflates 1000:1 by chance. */
export const MAX_INFLATED_BYTES = 512 * 1024 * 1024;

/**
 * Items a sequence of `bytes` may have. An item is at least 8 bytes but a data set object in memory is some hundred;
 * this keeps memory in proportion. The smallest items of real objects have about 50 bytes.
 */
export function maxItems(bytes: number): number {
  return 20_000 + Math.floor(bytes / 32);
}
