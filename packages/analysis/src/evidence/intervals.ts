import { betaQuantile, studentCdf, studentQuantile } from './distributions.ts';
import { seededIndices } from './random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function standardError(values: readonly number[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/** Quantile of sorted values, linear between them. */
function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = Math.floor(at);
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (at - below) * (next - sorted[below]!);
}

/**
 * Percentile bootstrap (Efron 1979) of a statistic over cases, 95 %: cases are drawn with replacement, `resamples`
 * times, by a seed. Of fewer than two cases there is none. With few cases (below about 20) such intervals are too
 * narrow; the count of cases belongs beside them.
 */
export function bootstrapInterval<T>(
  cases: readonly T[],
  statistic: (cases: readonly T[]) => number,
  { seed, resamples = 2000 }: { readonly seed: number; readonly resamples?: number },
): Interval | undefined {
  if (cases.length < 2) return undefined;
  const pick = seededIndices(seed);
  const found: number[] = [];
  for (let n = 0; n < resamples; n++) {
    const value = statistic(cases.map(() => cases[pick(cases.length)]!));
    if (Number.isFinite(value)) found.push(value);
  }
  if (found.length === 0) return undefined;
  found.sort((a, b) => a - b);
  return { low: quantile(found, (1 - CONFIDENCE) / 2), high: quantile(found, (1 + CONFIDENCE) / 2) };
}

/** Exact 95 % interval of a share (Clopper and Pearson 1934). */
export function shareInterval(successes: number, trials: number): Interval {
  const tail = (1 - CONFIDENCE) / 2;
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes),
  };
}

export interface Equivalence {
  readonly cases: number;
  /** Mean of the differences. */
  readonly difference: number;
  /** 90 % interval of the mean, which lies within the margin exactly where the test holds. */
  readonly interval: Interval;
  readonly margin: number;
  /** The larger of the two one-sided p. */
  readonly p: number;
  readonly isEquivalent: boolean;
}

const ALPHA = 0.05;

/**
 * Two one-sided t-tests (Schuirmann 1987) on paired differences: whether their mean lies within ± margin, at 5 %. Of
 * fewer than two cases there is none. Differences that are all the same leave nothing to test: they are equivalent
 * exactly where they lie within the margin.
 */
export function equivalence(differences: readonly number[], margin: number): Equivalence | undefined {
  const cases = differences.length;
  if (cases < 2) return undefined;
  const difference = meanOf(differences);
  const error = standardError(differences);
  if (error === 0) {
    const isWithin = Math.abs(difference) < margin;
    const interval = { low: difference, high: difference };
    return { cases, difference, interval, margin, p: isWithin ? 0 : 1, isEquivalent: isWithin };
  }
  const degrees = cases - 1;
  const above = 1 - studentCdf((difference + margin) / error, degrees);
  const below = studentCdf((difference - margin) / error, degrees);
  const reach = studentQuantile(1 - ALPHA, degrees) * error;
  const p = Math.max(above, below);
  return {
    cases,
    difference,
    interval: { low: difference - reach, high: difference + reach },
    margin,
    p,
    isEquivalent: p < ALPHA,
  };
}
