import { bootstrapInterval, type Interval } from './intervals.ts';

export interface Kappa {
  readonly cases: number;
  readonly kappa: number;
  readonly interval: Interval | undefined;
}

/**
 * Cohen's kappa of two readers on ordered grades 1 … `grades`, with quadratic weights (Cohen 1968): 1 is full agreement,
 * 0 what chance gives; with a bootstrap interval over cases. Undefined where a reader gave all cases the same grade as
 * the other did: then there is nothing to agree about.
 */
export function weightedKappa(
  pairs: readonly (readonly [number, number])[],
  grades: number,
  seed: number,
): Kappa | undefined {
  const kappa = quadraticKappa(pairs, grades);
  if (!Number.isFinite(kappa)) return undefined;
  const interval = bootstrapInterval(pairs, (drawn) => quadraticKappa(drawn, grades), { seed });
  return { cases: pairs.length, kappa, interval };
}

function quadraticKappa(pairs: readonly (readonly [number, number])[], grades: number): number {
  const first = new Float64Array(grades + 1);
  const second = new Float64Array(grades + 1);
  let observed = 0;
  for (const [a, b] of pairs) {
    first[a]! += 1;
    second[b]! += 1;
    observed += (a - b) ** 2;
  }
  let expected = 0;
  for (let a = 1; a <= grades; a++)
    for (let b = 1; b <= grades; b++) expected += ((a - b) ** 2 * first[a]! * second[b]!) / pairs.length;
  return expected === 0 ? Number.NaN : 1 - observed / expected;
}
