/** Bins along each axis of the joint histogram. */
export const BINS = 32;
const CELLS = 1024;

/** Maps a value to its place among the bins, 0 … BINS − 1, by a table with linear steps between its entries. */
export interface BinMap {
  readonly low: number;
  /** Cells of the table per unit of value. */
  readonly scale: number;
  /** CELLS + 2 entries, so that the last cell has an end. */
  readonly table: Float32Array;
}

/**
 * Bins half by rank, half by value: by rank alone the noise of air fills bins, by value alone all soft tissue of a
 * CT, or all of a PET but its hottest organ, falls into one.
 * `values` are a sample of what the image shows in and around the body.
 */
export function binMap(values: Float32Array): BinMap {
  const sorted = values.slice().sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const low = at(0.005);
  const high = Math.max(at(0.995), low + 1e-6);
  const exact = new Float64Array(CELLS + 1);
  let rank = 0;
  for (let n = 0; n <= CELLS; n++) {
    const value = low + ((high - low) * n) / CELLS;
    while (rank < sorted.length && sorted[rank]! < value) rank++;
    exact[n] = 0.5 * (rank / Math.max(1, sorted.length)) + (0.5 * n) / CELLS;
  }
  const first = exact[0]!;
  const span = (BINS - 1) / Math.max(exact[CELLS]! - first, 1e-9);
  const table = new Float32Array(CELLS + 2);
  for (let n = 0; n <= CELLS; n++) table[n] = (exact[n]! - first) * span;
  table[CELLS + 1] = BINS - 1;
  return { low, scale: CELLS / (high - low), table };
}

export function binOf(map: BinMap, value: number): number {
  const place = Math.min(Math.max((value - map.low) * map.scale, 0), CELLS);
  const cell = place | 0;
  return map.table[cell]! + (map.table[cell + 1]! - map.table[cell]!) * (place - cell);
}
