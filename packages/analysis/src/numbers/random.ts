/** Numbers in [0, 1) that are the same for the same seed on every machine (mulberry32). Not for secrets. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let h = Math.imul(state ^ (state >>> 15), state | 1);
    h ^= h + Math.imul(h ^ (h >>> 7), h | 61);
    return ((h ^ (h >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed far from that of the number beside it. */
export const spreadSeed = (seed: number): number => Math.imul(seed + 1, 0x9e3779b1);

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
