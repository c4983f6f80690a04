/**
 * Normal numbers that are the same for the same seed on every machine: sums of twelve uniform numbers of 16 bits, by
 * whole-number arithmetic alone (no logarithm or cosine, which differ between engines). Not for tails beyond 5σ.
 */
export function normals(...seed: readonly number[]): () => number {
  let state = seed.reduce((mixed, part) => mix(mixed ^ Math.imul(part + 1, 0x9e3779b1)), 0x243f6a88);
  return () => {
    let sum = 0;
    for (let word = 0; word < 6; word++) {
      state = (state + 0x9e3779b9) | 0;
      const bits = mix(state);
      sum += (bits & 0xffff) + (bits >>> 16);
    }
    return sum / 65536 - 6 + 6 / 65536;
  };
}

/** A finaliser of 32 bits that spreads every bit over all others. */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}
