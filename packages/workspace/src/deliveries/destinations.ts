import type { Deliveries } from '../api/index.ts';

/** The destinations of a list of deliveries with how many each has, the most first. */
export function destinationsOf(
  entries: Deliveries['entries'],
): readonly { readonly destination: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { destination } of entries) counts.set(destination, (counts.get(destination) ?? 0) + 1);
  return [...counts]
    .map(([destination, count]) => ({ destination, count }))
    .sort((a, b) => b.count - a.count || (a.destination < b.destination ? -1 : 1));
}
