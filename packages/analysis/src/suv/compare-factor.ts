import type { SuvFactors, SuvKind } from './result.ts';

/** A SUV factor that another system wrote, as in a Real World Value Mapping. */
export interface ForeignFactor {
  readonly kind: SuvKind;
  readonly factor: number;
}

export type FactorComparison =
  | { readonly status: 'agrees'; readonly kind: SuvKind; readonly ratio: number }
  | { readonly status: 'differs'; readonly kind: SuvKind; readonly ratio: number; readonly message: string }
  | { readonly status: 'not-comparable'; readonly kind: SuvKind; readonly message: string };

/** Rounding of a factor to five digits, as others write it, stays below this. */
const RELATIVE_TOLERANCE = 0.005;

/** Kinds that other writers put under one name: the plain "lean body mass" is written by either James formula. */
const SYNONYMS: Partial<Record<SuvKind, readonly SuvKind[]>> = {
  lbm: ['lbm', 'lbmJames120'],
  lbmJames120: ['lbmJames120', 'lbm'],
};

/** Compares a foreign factor with ours; `ratio` is foreign over ours. */
export function compareFactor(ours: SuvFactors, foreign: ForeignFactor): FactorComparison {
  const candidates = (SYNONYMS[foreign.kind] ?? [foreign.kind]).flatMap((kind) => {
    const factor = ours.factors[kind];
    return factor === undefined ? [] : [{ kind, ratio: foreign.factor / factor }];
  });
  const closest = candidates.sort((a, b) => Math.abs(Math.log(a.ratio)) - Math.abs(Math.log(b.ratio)))[0];
  if (closest === undefined) {
    return {
      status: 'not-comparable',
      kind: foreign.kind,
      message: `SUV ${foreign.kind} cannot be computed here: ${ours.refusedKinds[foreign.kind] ?? 'unknown kind'}`,
    };
  }
  const { kind, ratio } = closest;
  if (Math.abs(ratio - 1) <= RELATIVE_TOLERANCE) return { status: 'agrees', kind, ratio };
  return {
    status: 'differs',
    kind,
    ratio,
    message: `the foreign factor ${foreign.factor} for SUV ${kind} is ${Number(ratio.toPrecision(4))} times ours (${Number((ours.factors[kind] ?? 0).toPrecision(6))})`,
  };
}
