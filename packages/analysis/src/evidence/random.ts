import { uniforms } from '../numbers/index.ts';

/**
 * Whole numbers below `below` from a seed, always the same ones. For resampling and for orders that nobody
 * shall guess; not for secrets.
 */
export function seededIndices(seed: number): (below: number) => number {
  const uniform = uniforms(seed);
  return (below) => Math.floor(uniform() * below);
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
