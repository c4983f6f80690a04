/**
 * Bit-packed frames of binary segmentations, PS3.5 section 8.1.1: the first pixel is the least significant bit, and
 * frames follow each other without padding, so that one byte straddles two frames where rows × columns is not a
 * multiple of 8.
 */

/** Bytes for `count` bits, padded to an even number as Pixel Data must be. */
export function packedLength(count: number): number {
  const bytes = Math.ceil(count / 8);
  return bytes + (bytes & 1);
}

/** Sets the bits of `packed` from `firstBit` on where `isSet(index)` holds for index 0 … length - 1. */
export function setBits(
  packed: Uint8Array,
  firstBit: number,
  length: number,
  isSet: (index: number) => boolean,
): void {
  for (let index = 0; index < length; index++) {
    if (isSet(index)) {
      const bit = firstBit + index;
      const byte = Math.floor(bit / 8);
      packed[byte] = packed[byte]! | (1 << (bit % 8));
    }
  }
}

/** Calls `visit(index)` for each set bit among the `length` bits from `firstBit` on; whole zero bytes are skipped. */
export function forEachSetBit(
  packed: Uint8Array,
  firstBit: number,
  length: number,
  visit: (index: number) => void,
): void {
  const end = Math.min(firstBit + length, packed.length * 8);
  let bit = firstBit;
  while (bit < end) {
    const byte = packed[Math.floor(bit / 8)]!;
    const within = bit % 8;
    if (within === 0 && byte === 0) {
      bit += 8;
      continue;
    }
    if ((byte >> within) & 1) visit(bit - firstBit);
    bit++;
  }
}
