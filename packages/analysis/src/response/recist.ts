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
import { atLeast, below, changeOf } from './tolerance.ts';

/** Of all lesions together; `non-CR/non-PD` where there are non-target lesions only; `NE` not evaluable. */
export type RecistCategory = 'CR' | 'PR' | 'SD' | 'PD' | 'non-CR/non-PD' | 'NE';
type TargetCategory = 'CR' | 'PR' | 'SD' | 'PD' | 'NE';

export interface RecistTarget {
  readonly id: string;
  readonly organ: string;
  readonly isNode: boolean;
  /** Longest diameter in mm; short axis of a node. */
  readonly baselineMm: number;
  /** The same now: a number, `absent` (0 mm), `too-small` to measure (5 mm), or `not-evaluable`. */
  readonly current: number | 'absent' | 'too-small' | 'not-evaluable';
}

export interface RecistInput {
  readonly targets: readonly RecistTarget[];
  /** Smallest sum of diameters on study so far in mm, that at baseline included; absent: the sum at baseline. */
  readonly nadirMm?: number;
  /** Non-target lesions together; `none` where there are none. */
  readonly nonTargets: 'none' | 'CR' | 'non-CR/non-PD' | 'PD' | 'NE';
  /** Equivocal lesions wait for the next scan. */
  readonly newLesions: 'no' | 'equivocal' | 'yes';
  /** For the smallest lesion that can be measured: 10 mm, or twice the distance of slices above 5 mm. */
  readonly sliceSpacingMm?: number;
}

const CRITERIA = 'RECIST 1.1';
const MEANING: Record<RecistCategory, string> = {
  CR: 'complete response',
  PR: 'partial response',
  SD: 'stable disease',
  PD: 'progressive disease',
  'non-CR/non-PD': 'neither complete response nor progression, without target lesions',
  NE: 'not evaluable',
};
const MOST_TARGETS = 5;
const MOST_IN_ORGAN = 2;
const SMALLEST_MM = 10;
const SMALLEST_NODE_MM = 15;
/** A node below this in its short axis is normal. */
const NORMAL_NODE_MM = 10;
const TOO_SMALL_MM = 5;
const PR_SHARE = 0.3;
const PD_SHARE = 0.2;
const PD_MM = 5;

/** RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228) at one time point. */
export function recist(input: RecistInput): Assessment<RecistCategory> {
  const { targets, nonTargets, newLesions } = input;
  const statements: Statement[] = [];
  const reasons = unusable(input);
  if (targets.length === 0 && nonTargets === 'none' && newLesions !== 'yes') {
    reasons.push('there is neither a target nor a non-target lesion');
  }
  if (reasons.length > 0) return notAssessable(CRITERIA, reasons);
  const target = targets.length === 0 ? null : targetCategory(input, statements);
  statements.push(fact(`non-target lesions: ${nonTargets}`), fact(`new lesions: ${newLesions}`));
  const category = overall(target, nonTargets, newLesions);
  return {
    status: 'assessed',
    criteria: CRITERIA,
    category,
    meaning: MEANING[category],
    statements,
    cautions: [
      ...(newLesions === 'equivocal'
        ? [
            'an equivocal new lesion does not count until it is confirmed; then progression dates from this scan',
          ]
        : []),
      ...(category === 'CR' ? ['every node must be below 10 mm, and tumour markers normal'] : []),
    ],
  };
}

/** Why the lesions cannot be the targets of RECIST 1.1. */
function unusable({ targets, sliceSpacingMm = 0, nadirMm }: RecistInput): string[] {
  const reasons: string[] = [];
  if (targets.length > MOST_TARGETS)
    reasons.push(`${targets.length} target lesions; at most ${MOST_TARGETS}`);
  const organs = new Map<string, number>();
  for (const { organ } of targets) organs.set(organ, (organs.get(organ) ?? 0) + 1);
  for (const [organ, count] of organs) {
    if (count > MOST_IN_ORGAN) reasons.push(`${count} target lesions in ${organ}; at most ${MOST_IN_ORGAN}`);
  }
  const smallest = Math.max(SMALLEST_MM, sliceSpacingMm > 5 ? 2 * sliceSpacingMm : 0);
  for (const { id, isNode, baselineMm } of targets) {
    const needed = isNode ? Math.max(SMALLEST_NODE_MM, smallest) : smallest;
    if (below(baselineMm, needed)) {
      reasons.push(`${id} is not measurable: ${baselineMm.toFixed(1)} mm at baseline, at least ${needed} mm`);
    }
  }
  const sum = targets.reduce((total, { baselineMm }) => total + baselineMm, 0);
  if (nadirMm !== undefined && targets.length > 0 && nadirMm > sum + 1e-6) {
    reasons.push(`the nadir of ${nadirMm.toFixed(1)} mm is above the sum at baseline, ${sum.toFixed(1)} mm`);
  }
  return reasons;
}

const millimetres = (current: RecistTarget['current']): number | null =>
  current === 'absent'
    ? 0
    : current === 'too-small'
      ? TOO_SMALL_MM
      : current === 'not-evaluable'
        ? null
        : current;

function targetCategory(input: RecistInput, statements: Statement[]): TargetCategory {
  const { targets } = input;
  const now = targets.map(({ current }) => millimetres(current));
  const missing = targets.filter((_, index) => now[index] === null).map(({ id }) => id);
  const sum = now.reduce<number>((total, mm) => total + (mm ?? 0), 0);
  const baseline = targets.reduce((total, { baselineMm }) => total + baselineMm, 0);
  const nadir = Math.min(input.nadirMm ?? baseline, baseline);
  const fromNadir = changeOf(nadir, sum);
  const fromBaseline = changeOf(baseline, sum);
  const rises =
    atLeast(fromNadir.absolute, PD_MM) &&
    (fromNadir.relative === null || atLeast(fromNadir.relative, PD_SHARE));
  statements.push(
    condition(
      `sum of diameters from nadir ${changeText(fromNadir, 1, { share: PD_SHARE, absolute: PD_MM })} mm: rise by at least ${asPercent(PD_SHARE)} % and ${PD_MM} mm`,
      rises,
      changeValues('nadir', fromNadir),
    ),
  );
  // What can be measured grows enough by itself: what cannot would only add to it.
  if (rises) return 'PD';
  if (missing.length > 0) {
    statements.push(condition(`every target can be measured; not ${missing.join(', ')}`, false));
    return 'NE';
  }
  const isGone = targets.every(({ isNode }, index) =>
    isNode ? below(now[index] ?? 0, NORMAL_NODE_MM) : now[index] === 0,
  );
  statements.push(condition('every target is gone, nodes below 10 mm', isGone));
  if (isGone) return 'CR';
  const falls = fromBaseline.relative !== null && atLeast(-fromBaseline.relative, PR_SHARE);
  statements.push(
    condition(
      `sum of diameters from baseline ${changeText(fromBaseline, 1, { share: PR_SHARE })} mm: fall by at least ${asPercent(PR_SHARE)} %`,
      falls,
      changeValues('baseline', fromBaseline),
    ),
  );
  return falls ? 'PR' : 'SD';
}

/** Tables 1 and 2 of the criteria. */
function overall(
  target: TargetCategory | null,
  nonTargets: RecistInput['nonTargets'],
  newLesions: RecistInput['newLesions'],
): RecistCategory {
  if (target === 'PD' || nonTargets === 'PD' || newLesions === 'yes') return 'PD';
  if (target === null) return nonTargets === 'none' ? 'NE' : nonTargets;
  if (target !== 'CR') return target;
  return nonTargets === 'CR' || nonTargets === 'none' ? 'CR' : 'PR';
}
