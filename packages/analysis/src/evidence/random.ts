/**
 * Whole numbers below `below` from a seed, always the same ones (mulberry32). For resampling and for orders that nobody
 * shall guess; not for secrets.
 */
export function seededIndices(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The same items in an order that follows from the seed (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], pick: (below: number) => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = pick(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
