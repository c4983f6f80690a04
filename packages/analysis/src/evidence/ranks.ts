import { incompleteBeta, normalCdf } from './distributions.ts';

export interface SignedRank {
  /** Pairs that differ; equal ones say nothing. */
  readonly pairs: number;
  /** Sum of the ranks of positive differences. */
  readonly positive: number;
  readonly negative: number;
  /** Two-sided. */
  readonly p: number;
  readonly method: 'exact' | 'normal';
}

/** Beyond it the normal approximation is good to the third digit. */
const EXACT_UP_TO = 50;

/**
 * Wilcoxon's signed-rank test (1945) of paired differences against 0, two-sided. Up to 50 pairs p is exact given the
 * ranks, ties included (every sign pattern counted); beyond, normal with correction for ties and for continuity.
 * Undefined where no pair differs.
 */
export function signedRankTest(differences: readonly number[]): SignedRank | undefined {
  const unequal = differences.filter((difference) => difference !== 0);
  const pairs = unequal.length;
  if (pairs === 0) return undefined;
  const ranks = midRanks(unequal.map(Math.abs));
  const sum = (sign: number) =>
    ranks.reduce((total, rank, n) => (Math.sign(unequal[n]!) === sign ? total + rank : total), 0);
  const [positive, negative] = [sum(1), sum(-1)];
  const smaller = Math.min(positive, negative);
  const isExact = pairs <= EXACT_UP_TO;
  const p = isExact ? exactP(ranks, smaller) : normalP(ranks, smaller);
  return { pairs, positive, negative, p, method: isExact ? 'exact' : 'normal' };
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, n) => n).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let n = from; n <= to; n++) ranks[order[n]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** How probable each sum of ranks is with random signs; ranks are doubled so that mid-ranks are whole. */
function exactP(ranks: readonly number[], smaller: number): number {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const most = doubled.reduce((total, rank) => total + rank, 0);
  const probability = new Float64Array(most + 1);
  probability[0] = 1;
  for (const rank of doubled)
    for (let sum = most; sum >= 0; sum--)
      probability[sum] = (probability[sum]! + (sum >= rank ? probability[sum - rank]! : 0)) / 2;
  let tail = 0;
  for (let sum = 0; sum <= Math.round(2 * smaller); sum++) tail += probability[sum]!;
  return Math.min(1, 2 * tail);
}

function normalP(ranks: readonly number[], smaller: number): number {
  const mean = ranks.reduce((total, rank) => total + rank, 0) / 2;
  // Half of the sum of squares is the variance, ties included.
  const variance = ranks.reduce((total, rank) => total + rank * rank, 0) / 4;
  return Math.min(1, 2 * normalCdf((smaller + 0.5 - mean) / Math.sqrt(variance)));
}

/** Exact two-sided sign test: whether one of two is preferred more often than chance would have it. */
export function signTest(first: number, second: number): number {
  const trials = first + second;
  if (trials === 0) return 1;
  const less = Math.min(first, second);
  // P(X ≤ less) of a binomial with ½ is I_½(trials − less, less + 1).
  return Math.min(1, 2 * incompleteBeta(0.5, trials - less, less + 1));
}
