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
import type { DeauvilleAssessment } from './deauville.ts';
import { atLeast, changeOf } from './tolerance.ts';

/** CMR complete, PMR partial, NMR no metabolic response, PMD progressive metabolic disease. */
export type LuganoCategory = 'CMR' | 'PMR' | 'NMR' | 'PMD';

export interface LuganoInput {
  /** The scale at the scan that is assessed; see `deauville`. */
  readonly score: DeauvilleAssessment;
  /** Uptake of lesions at baseline and now, the same lesion in one entry; null where a lesion was not there or is gone. */
  readonly lesions: readonly {
    readonly id: string;
    readonly before: number | null;
    /** Of what is left where a lesion is gone. */
    readonly now: number | null;
  }[];
  /** New foci that are consistent with lymphoma. */
  readonly newLesions: readonly string[];
  /** Why the uptake of the two scans must not be compared; empty where it may. */
  readonly notComparable?: readonly string[];
}

export interface LuganoOptions {
  /**
   * From which relative change of SUVmax uptake counts as reduced or increased. Lugano gives no number; default 0.3,
   * as PERCIST and about the test–retest repeatability of one scanner.
   */
  readonly share?: number;
}

const CRITERIA = 'Lugano 2014, PET-CT';
const MEANING: Record<LuganoCategory, string> = {
  CMR: 'complete metabolic response',
  PMR: 'partial metabolic response',
  NMR: 'no metabolic response',
  PMD: 'progressive metabolic disease',
};

/** Response of lymphoma by PET-CT (Cheson et al., J Clin Oncol 2014;32:3059, Table 3). */
export function lugano(input: LuganoInput, options: LuganoOptions = {}): Assessment<LuganoCategory> {
  const { share = 0.3 } = options;
  const { score, lesions, newLesions, notComparable = [] } = input;
  const statements: Statement[] = [];
  const finish = (
    category: LuganoCategory,
    cautions: readonly string[] = [],
  ): Assessment<LuganoCategory> => ({
    status: 'assessed',
    criteria: CRITERIA,
    category,
    meaning: MEANING[category],
    statements,
    cautions,
  });
  const hasNew = newLesions.length > 0;
  statements.push(
    condition(hasNew ? `new foci: ${newLesions.join(', ')}` : 'new foci consistent with lymphoma', hasNew, {
      newLesions: newLesions.length,
    }),
  );
  if (hasNew) {
    return finish('PMD', [
      'a new focus is progression only where it is consistent with lymphoma; otherwise biopsy or an interval scan',
    ]);
  }
  if (score.status === 'not-assessable') return notAssessable(CRITERIA, score.reasons, statements);
  const isLow = !['4', '5'].includes(score.category);
  statements.push(condition(`score ${score.category}: ${score.meaning}; complete from 1 to 3`, isLow));
  if (isLow) return finish('CMR');
  if (notComparable.length > 0) return notAssessable(CRITERIA, notComparable, statements);

  const hot = (values: readonly (number | null)[]) =>
    values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
  const before = hot(lesions.map((lesion) => lesion.before));
  if (before === 0)
    return notAssessable(CRITERIA, ['there is no uptake at baseline to compare with'], statements);
  const rising = lesions.flatMap(({ id, before: from, now: to }) => {
    if (from === null || to === null) return [];
    const change = changeOf(from, to);
    const isHigh = score.sites.some((site) => site.id === id && ['4', '5'].includes(site.score));
    const rises = isHigh && change.relative !== null && atLeast(change.relative, share);
    return rises ? [`${id} SUVmax ${changeText(change, 2, { share })}`] : [];
  });
  statements.push(
    condition(
      rising.length === 0
        ? `a lesion of score 4 or 5 rises by at least ${asPercent(share)} %`
        : `rise by at least ${asPercent(share)} %: ${rising.join('; ')}`,
      rising.length > 0,
    ),
  );
  const change = changeOf(before, hot(lesions.map(({ now }) => now)));
  statements.push(
    fact(`hottest lesion: SUVmax ${changeText(change, 2, { share })}`, changeValues('hottest', change)),
  );
  if (rising.length > 0) return finish('PMD');
  const falls = change.relative !== null && atLeast(-change.relative, share);
  statements.push(condition(`the hottest uptake falls by at least ${asPercent(share)} %`, falls));
  return finish(falls ? 'PMR' : 'NMR', [
    `Lugano gives no number for a change of uptake; ${asPercent(share)} % is the configured limit`,
  ]);
}

/** Falls of the hottest SUVmax that tell responders: 66 % after two cycles, 70 % after four (Casasnovas, Itti). */
export const DELTA_SUV_LIMITS = { afterTwoCycles: 0.66, afterFourCycles: 0.7 } as const;

/** ΔSUVmax of the hottest lesion of each scan in diffuse large B-cell lymphoma. */
export function deltaSuvMax(
  baselineHottest: number,
  currentHottest: number,
  when: keyof typeof DELTA_SUV_LIMITS,
): Assessment<'good' | 'poor'> {
  const criteria = 'ΔSUVmax';
  if (!(baselineHottest > 0)) return notAssessable(criteria, ['there is no uptake at baseline']);
  const limit = DELTA_SUV_LIMITS[when];
  const change = changeOf(baselineHottest, currentHottest);
  const falls = change.relative !== null && atLeast(-change.relative, limit);
  return {
    status: 'assessed',
    criteria,
    category: falls ? 'good' : 'poor',
    meaning: falls ? 'good responder' : 'poor responder',
    statements: [
      fact(
        `hottest lesion: SUVmax ${changeText(change, 2, { share: limit })}`,
        changeValues('hottest', change),
      ),
      condition(`fall by at least ${asPercent(limit)} %`, falls),
    ],
    cautions: [],
  };
}
