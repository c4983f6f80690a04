import type { RegionMeasurement, RegionName } from './measure-regions.ts';

/**
 * Logistic model of "every region is misaligned by at most 5 mm", fitted with a small ridge on 119 simulated
 * misalignments of 12 phantom studies, seeds 13 to 24 of bench/registration/score-cases.ts in two variants (three
 * scanners, noise 0.6 to 1.8 times usual, breathing, shifts and turns of the body, head, heart and pelvis moved by
 * themselves), aligned and misaligned ones with equal weight: it is the probability where both are equally frequent.
 * What it is worth on other seeds: `node bench/registration/score.ts`. Not calibrated on patients.
 */
const MODEL = {
  intercept: 9.2,
  /** Of the worst regional estimate, per mm. */
  perMm: -1.85,
  /** Of each region that lies in both fields of view and could not be judged. */
  perUnjudged: -0.27,
} as const;

/** Probability that no region is misaligned by more than 5 mm. */
export function probabilityWithinTolerance(worstMm: number, unjudged: number): number {
  return 1 / (1 + Math.exp(-(MODEL.intercept + MODEL.perMm * worstMm + MODEL.perUnjudged * unjudged)));
}

/**
 * Nine of ten errors of an estimate are smaller than this times (1 mm + its scatter): the larger of what fits 185 cases of
 * 25 studies (seeds 13 to 24 and 1101 to 1113) and, on a later phantom, 100 cases of 20 studies (seeds 4962 to 4981).
 */
const ERROR_OVER_SCATTER: Readonly<Partial<Record<RegionName, number>>> = {
  'liver dome': 0.69,
  'left diaphragm': 1.43,
  head: 0.93,
  heart: 1.63,
  chest: 0.55,
  abdomen: 0.59,
  pelvis: 0.96,
};
const OTHER_ERROR = 1;

/** Where the true misalignment of a region lies in nine of ten cases, mm. */
export function interval90({
  name,
  mm,
  spreadMm,
}: Pick<RegionMeasurement, 'name' | 'mm' | 'spreadMm'>): readonly [number, number] {
  const error = (ERROR_OVER_SCATTER[name] ?? OTHER_ERROR) * (1 + spreadMm);
  return [Math.max(0, mm - error), mm + error];
}
