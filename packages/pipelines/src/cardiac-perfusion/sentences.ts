import type { CardiacStateSummary, CardiacSummary } from './summary.ts';

type Parts = Pick<CardiacSummary, 'states' | 'difference' | 'dilation'>;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const NAMES = { stress: 'Stress', rest: 'Rest' } as const;
const nameOf = ({ state }: CardiacStateSummary): string => (state === null ? 'Examination' : NAMES[state]);
const GRADES = ['normal', 'mildly reduced', 'moderately reduced', 'severely reduced', 'absent'] as const;
const VESSELS = {
  LAD: 'left anterior descending',
  LCX: 'left circumflex',
  RCA: 'right coronary',
} as const;

/** Draft sentences from the numbers alone. */
export function draftSentences({ states, difference, dilation }: Parts, dilationLimit: number): string[] {
  return [
    ...states.flatMap((state) => perfusionSentences(state)),
    ...(difference === null ? [] : [differenceSentence(difference)]),
    ...(dilation === null
      ? []
      : [
          dilation.ratio > dilationLimit
            ? `The cavity is larger at stress than at rest (ratio ${dilation.ratio.toFixed(2)}, limit ${dilationLimit.toFixed(2)}).`
            : `No transient dilation (ratio ${dilation.ratio.toFixed(2)}, limit ${dilationLimit.toFixed(2)}).`,
        ]),
    ...states.flatMap((state) => beatSentences(state)),
  ];
}

function perfusionSentences(state: CardiacStateSummary): string[] {
  const { perfusion } = state;
  if (perfusion === null) return [];
  const sick = perfusion.segments.filter(({ score }) => score > 0);
  if (sick.length === 0) {
    return [
      `${nameOf(state)}: no segment with reduced uptake (summed score 0, total perfusion deficit ${percent(perfusion.tpd)}).`,
    ];
  }
  const groups = [4, 3, 2, 1].flatMap((score) => {
    const names = sick.filter((one) => one.score === score).map(({ name }) => name);
    return names.length === 0 ? [] : [`${GRADES[score]} in ${names.join(', ')}`];
  });
  const vessels = perfusion.territories
    .filter(({ score }) => score > 0)
    .map(({ territory }) => VESSELS[territory]);
  return [
    `${nameOf(state)}: uptake ${groups.join('; ')} (territory of the ${vessels.join(' and ')} artery).`,
    `${nameOf(state)}: summed score ${perfusion.summedScore}, extent ${percent(perfusion.extent)} of the ventricle, total perfusion deficit ${percent(perfusion.tpd)}.`,
  ];
}

function differenceSentence(difference: NonNullable<CardiacSummary['difference']>): string {
  const { summedDifferenceScore } = difference;
  return summedDifferenceScore === 0
    ? 'No segment is worse at stress than at rest (summed difference score 0).'
    : `Segments worse at stress than at rest: ${difference.segments.map(({ segment }) => segment).join(', ')} (summed difference score ${summedDifferenceScore}).`;
}

function beatSentences(state: CardiacStateSummary): string[] {
  const { beat } = state;
  if (beat === null) return [];
  return [
    `${nameOf(state)}: ejection fraction ${percent(beat.ejectionFraction)}, end-diastolic volume ${beat.endDiastolicMl.toFixed(0)} ml, end-systolic volume ${beat.endSystolicMl.toFixed(0)} ml.`,
  ];
}
