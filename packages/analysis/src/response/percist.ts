import {
  type Assessment,
  asPercent,
  changeText,
  changeValues,
  condition,
  fact,
  notAssessable,
  type Statement,
} from './assessment.ts';
import { above, atLeast, atMost, below, type Change, changeOf } from './tolerance.ts';

/** CMR complete, PMR partial metabolic response, SMD stable, PMD progressive metabolic disease. */
export type PercistCategory = 'CMR' | 'PMR' | 'SMD' | 'PMD';

/** Mean and standard deviation of a reference region, SUL. */
export interface SulReference {
  readonly mean: number;
  readonly sd: number;
}

export interface PercistLesion {
  readonly id: string;
  /** SULpeak; at the follow-up also of what remains where a lesion was. */
  readonly sulPeak: number;
  /** Total lesion glycolysis in g (SULmean · ml); null where it is not known. */
  readonly tlg: number | null;
  /** For the rule of at most two lesions of one organ. */
  readonly organ?: string;
}

export interface PercistTimePoint {
  /** A sphere of 3 cm in the right lobe; null where the liver cannot serve. */
  readonly liver: SulReference | null;
  /** Descending aorta, 1 cm × 2 cm. */
  readonly bloodPool: SulReference | null;
  /** Every lesion; at the follow-up also the places of lesions that are gone, with what remains there. */
  readonly lesions: readonly PercistLesion[];
}

export interface PercistInput {
  readonly baseline: PercistTimePoint;
  readonly current: PercistTimePoint;
  /** Ids of current lesions that were not there before. */
  readonly newLesions: readonly string[];
  /** The same lesion at both time points. */
  readonly pairs: readonly { readonly baseline: string; readonly current: string }[];
  /** Why the numbers of the two scans must not be compared; empty where they may. */
  readonly notComparable?: readonly string[];
}

export interface PercistOptions {
  /** Smallest relative change of SULpeak. Default 0.3 (Wahl 2009). */
  readonly share?: number;
  /** Smallest absolute change of SULpeak in SUL. Default 0.8 (Wahl 2009). */
  readonly sul?: number;
  /** Growth of TLG that is progression where SULpeak did not fall. Default 0.75 (Wahl 2009). */
  readonly tlgShare?: number;
  /** A change that is exactly the limit counts. Default true; Wahl's table says "more than" for progression. */
  readonly inclusive?: boolean;
  /** Default `hottest`, the criteria of version 1.0; `sum5`: up to five lesions, at most two of one organ. */
  readonly target?: 'hottest' | 'sum5';
}

const CRITERIA = 'PERCIST 1.0';
const MEANING: Record<PercistCategory, string> = {
  CMR: 'complete metabolic response',
  PMR: 'partial metabolic response',
  SMD: 'stable metabolic disease',
  PMD: 'progressive metabolic disease',
};
/** What a lesion must reach at baseline to be measured: 1.5 · liver + 2 SD, or 2.0 · blood pool + 2 SD. */
const LIVER_FACTOR = 1.5;
const BLOOD_FACTOR = 2;
const DEVIATIONS = 2;
const MOST_TARGETS = 5;
const MOST_IN_ORGAN = 2;

/**
 * PERCIST 1.0 (Wahl et al., J Nucl Med 2009;50 Suppl 1:122S, Table; O and Wahl, Radiology 2016;280:576). The target is
 * the hottest lesion of each scan, which need not be the same one.
 */
export function percist(input: PercistInput, options: PercistOptions = {}): Assessment<PercistCategory> {
  const { share = 0.3, sul = 0.8, tlgShare = 0.75, inclusive = true, target = 'hottest' } = options;
  const { baseline, current, newLesions, notComparable = [] } = input;
  const statements: Statement[] = [];
  const cautions: string[] = [];
  const finish = (category: PercistCategory): Assessment<PercistCategory> => ({
    status: 'assessed',
    criteria: CRITERIA,
    category,
    meaning: MEANING[category],
    statements,
    cautions,
  });
  const reaches = inclusive ? atLeast : above;

  const hasNew = newLesions.length > 0;
  statements.push(
    condition(
      hasNew ? `${newLesions.length} new lesion(s): ${newLesions.join(', ')}` : 'a new lesion',
      hasNew,
      { newLesions: newLesions.length },
    ),
  );
  if (hasNew) {
    cautions.push(
      'a new focus is progression only where it is typical of tumour, not of infection or treatment; confirm on follow-up within a month',
    );
  }

  const obstacles = [...notComparable];
  const threshold = thresholdOf(baseline);
  if (threshold === null) obstacles.push('at baseline neither liver nor blood pool could be measured');
  else statements.push(threshold.statement);
  const measurable =
    threshold === null ? [] : baseline.lesions.filter(({ sulPeak }) => atLeast(sulPeak, threshold.sul));
  if (threshold !== null && measurable.length === 0) {
    const hottest = Math.max(...baseline.lesions.map(({ sulPeak }) => sulPeak));
    obstacles.push(
      baseline.lesions.length === 0
        ? 'there is no lesion at baseline'
        : `no lesion is measurable at baseline: the hottest has SULpeak ${hottest.toFixed(2)}, below ${threshold.sul.toFixed(2)}`,
    );
  }
  if (obstacles.length > 0) {
    if (!hasNew) return notAssessable(CRITERIA, obstacles, statements);
    cautions.push(...obstacles.map((reason) => `the change of uptake was not judged: ${reason}`));
    return finish('PMD');
  }

  const change = targetChange(measurable, current.lesions, target, statements, { share, sul });
  const { relative } = change;
  const rises = relative !== null && reaches(relative, share) && reaches(change.absolute, sul);
  statements.push(condition(`rise by at least ${asPercent(share)} % and ${sul} SUL`, rises));
  const tlg = tlgChange(baseline.lesions, current.lesions);
  const tlgGrows =
    tlg !== null && tlg.relative !== null && reaches(tlg.relative, tlgShare) && atLeast(change.absolute, 0);
  statements.push(
    tlg === null
      ? fact('total lesion glycolysis is not known for every lesion and was not judged')
      : condition(
          `TLG of all lesions ${changeText(tlg, 1, { share: tlgShare })}: rise by at least ${asPercent(tlgShare)} % without a fall of SULpeak`,
          tlgGrows,
          changeValues('tlg', tlg),
        ),
  );
  if (hasNew || rises || tlgGrows) {
    if (!hasNew)
      cautions.push('confirm progression on follow-up within a month unless it is clear by RECIST 1.1');
    return finish('PMD');
  }

  const complete = isComplete(current, statements);
  if (complete === null) {
    cautions.push('complete response could not be judged: the follow-up has no liver reference');
  }
  if (complete === true) return finish('CMR');

  const falls = relative !== null && atLeast(-relative, share) && atLeast(-change.absolute, sul);
  statements.push(condition(`fall by at least ${asPercent(share)} % and ${sul} SUL`, falls));
  if (!falls) return finish('SMD');
  const growing = risingPairs(input, share, sul);
  statements.push(
    condition(
      growing.length === 0
        ? `no single lesion rises by ${asPercent(share)} % and ${sul} SUL`
        : `no single lesion rises by ${asPercent(share)} % and ${sul} SUL; but ${growing.join(', ')}`,
      growing.length === 0,
    ),
  );
  return finish(growing.length === 0 ? 'PMR' : 'SMD');
}

/** What a lesion must have at baseline to be measured; by the blood pool where the liver cannot serve. */
function thresholdOf({ liver, bloodPool }: PercistTimePoint) {
  const [name, factor, reference] =
    liver !== null
      ? (['liver', LIVER_FACTOR, liver] as const)
      : (['blood pool', BLOOD_FACTOR, bloodPool] as const);
  if (reference === null) return null;
  const sul = factor * reference.mean + DEVIATIONS * reference.sd;
  const sum = `${factor} · ${reference.mean.toFixed(2)} + ${DEVIATIONS} · ${reference.sd.toFixed(2)}`;
  return {
    sul,
    statement: fact(`measurable at baseline from SULpeak ${sul.toFixed(2)} = ${sum} (${name})`, {
      threshold: sul,
      mean: reference.mean,
      sd: reference.sd,
    }),
  };
}

const byHeat = (a: PercistLesion, b: PercistLesion): number =>
  b.sulPeak - a.sulPeak || (a.id < b.id ? -1 : 1);

/** The hottest lesions, at most five and at most two of one organ. */
function hottestFive(lesions: readonly PercistLesion[]): PercistLesion[] {
  const perOrgan = new Map<string, number>();
  return [...lesions]
    .sort(byHeat)
    .filter(({ organ }) => {
      if (organ === undefined) return true;
      const count = perOrgan.get(organ) ?? 0;
      perOrgan.set(organ, count + 1);
      return count < MOST_IN_ORGAN;
    })
    .slice(0, MOST_TARGETS);
}

const sumOf = (lesions: readonly PercistLesion[]): number =>
  lesions.reduce((sum, { sulPeak }) => sum + sulPeak, 0);

/** The change of the target, and of the other way to choose it as a fact. */
function targetChange(
  before: readonly PercistLesion[],
  after: readonly PercistLesion[],
  target: 'hottest' | 'sum5',
  statements: Statement[],
  limits: { readonly share: number; readonly sul: number },
): Change {
  const [first, then] = [[...before].sort(byHeat)[0], [...after].sort(byHeat)[0]];
  const hottest = changeOf(first?.sulPeak ?? 0, then?.sulPeak ?? 0);
  const [fiveBefore, fiveAfter] = [hottestFive(before), hottestFive(after)];
  const sum = changeOf(sumOf(fiveBefore), sumOf(fiveAfter));
  const shown = { share: limits.share, absolute: limits.sul };
  statements.push(
    fact(
      `hottest lesion ${first?.id ?? 'none'} → ${then?.id ?? 'none'}: SULpeak ${changeText(hottest, 2, shown)}`,
      changeValues('hottest', hottest),
    ),
    fact(
      `sum of the hottest, ${fiveBefore.length} → ${fiveAfter.length} lesions: SULpeak ${changeText(sum, 2, shown)}`,
      changeValues('sum', sum),
    ),
  );
  return target === 'hottest' ? hottest : sum;
}

function tlgChange(before: readonly PercistLesion[], after: readonly PercistLesion[]): Change | null {
  const total = (lesions: readonly PercistLesion[]) =>
    lesions.reduce<number | null>((sum, { tlg }) => (sum === null || tlg === null ? null : sum + tlg), 0);
  const [from, to] = [total(before), total(after)];
  return from === null || to === null ? null : changeOf(from, to);
}

/** Nothing is above liver, and nothing stands out from the blood pool; null where the liver is not known. */
function isComplete(
  { liver, bloodPool, lesions }: PercistTimePoint,
  statements: Statement[],
): boolean | null {
  if (lesions.length === 0) {
    statements.push(condition('nothing is left of the lesions', true));
    return true;
  }
  if (liver === null) return null;
  const hottest = [...lesions].sort(byHeat)[0] as PercistLesion;
  const belowLiver = below(hottest.sulPeak, liver.mean);
  const text = `what is left is at most SULpeak ${hottest.sulPeak.toFixed(2)}`;
  statements.push(
    condition(`${text}: below the liver's mean of ${liver.mean.toFixed(2)}`, belowLiver, {
      left: hottest.sulPeak,
      liver: liver.mean,
    }),
  );
  if (bloodPool === null || !belowLiver) return belowLiver;
  const limit = bloodPool.mean + DEVIATIONS * bloodPool.sd;
  const isBlood = atMost(hottest.sulPeak, limit);
  statements.push(
    condition(
      `${text}: not to be told from blood pool, mean ${bloodPool.mean.toFixed(2)} + ${DEVIATIONS} SD = ${limit.toFixed(2)}`,
      isBlood,
      { left: hottest.sulPeak, bloodPool: limit },
    ),
  );
  return isBlood;
}

/** Lesions that rise by themselves, whatever the hottest does. */
function risingPairs({ baseline, current, pairs }: PercistInput, share: number, sul: number): string[] {
  return pairs.flatMap((pair) => {
    const from = baseline.lesions.find(({ id }) => id === pair.baseline);
    const to = current.lesions.find(({ id }) => id === pair.current);
    if (from === undefined || to === undefined) return [];
    const change = changeOf(from.sulPeak, to.sulPeak);
    const rises =
      change.relative !== null && atLeast(change.relative, share) && atLeast(change.absolute, sul);
    return rises ? [`${to.id} ${changeText(change)}`] : [];
  });
}
