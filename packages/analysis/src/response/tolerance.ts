/**
 * Limits of response criteria are decimal numbers that people state (30 %, 0.8), while differences of binary numbers
 * miss them by the last bit: (4.9 − 7) / 7 is −0.29999999999999993 and 3.4 − 2.6 is 0.7999999999999998. A value that
 * is a limit in decimal is therefore on the limit; nothing that was measured is exact to this.
 */
const TOLERANCE = 1e-9;

const slack = (limit: number): number => TOLERANCE * Math.max(1, Math.abs(limit));

/** value ≥ limit, where a value on the limit counts as reaching it. */
export const atLeast = (value: number, limit: number): boolean => value >= limit - slack(limit);

/** value > limit, where a value on the limit counts as not exceeding it. */
export const above = (value: number, limit: number): boolean => value > limit + slack(limit);

/** value ≤ limit, where a value on the limit counts as not exceeding it. */
export const atMost = (value: number, limit: number): boolean => !above(value, limit);

/** value < limit, where a value on the limit counts as reaching it. */
export const below = (value: number, limit: number): boolean => !atLeast(value, limit);

export interface Change {
  readonly from: number;
  readonly to: number;
  readonly absolute: number;
  /** Share of `from`, −0.3 for a fall by 30 %; null where `from` is not above zero. */
  readonly relative: number | null;
}

/** The change of one number from one time point to another. */
export function changeOf(from: number, to: number): Change {
  return { from, to, absolute: to - from, relative: from > 0 ? (to - from) / from : null };
}
