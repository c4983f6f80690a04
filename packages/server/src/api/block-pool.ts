/** A CT slice of 512 × 512 with its header fits in one block; a write of this size keeps the kernel busy. */
export const BLOCK_BYTES = 1024 * 1024;

/** Blocks that stay for the next reply: those of eight replies at the same time. */
const MOST_KEPT = 16;

const kept: Buffer[] = [];

/**
 * Memory for what is read from files and written to sockets. Fresh memory for each file would cost more in garbage
 * collection than reading and sending it together.
 */
export function takeBlock(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Only for a block that nobody reads any more, the kernel included. */
export function giveBackBlock(block: Buffer): void {
  if (kept.length < MOST_KEPT) kept.push(block);
}
