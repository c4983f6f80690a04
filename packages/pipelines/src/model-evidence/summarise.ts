import { bootstrapInterval, equivalence, meanOf, signedRankTest } from '@photopeak/analysis';
import { strataNames } from './cases.ts';
import { type MeasureName, measureFacts } from './measures.ts';
import type { ModelValidation } from './schema.ts';

type Row = ModelValidation['cases'][number];
type Statistic = ModelValidation['statistics'][number];

/** The values of each measure and label, in the order in which they first come. */
function grouped(rows: readonly Row[]): Map<string, Row['measures']> {
  const groups = new Map<string, Row['measures']>();
  for (const { measures } of rows)
    for (const one of measures) {
      const key = `${one.measure}\0${one.label ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
  return groups;
}

/** Mean of each measure with its interval, and its extremes. */
export function statisticsOf(rows: readonly Row[], seed: number): Statistic[] {
  return [...grouped(rows).values()].map((all): Statistic => {
    const values = all.map(({ value }) => value);
    const { measure, label, unit } = all[0]!;
    return {
      measure,
      label,
      unit,
      cases: values.length,
      mean: meanOf(values),
      interval: bootstrapInterval(values, meanOf, { seed }) ?? null,
      least: values.reduce((least, value) => Math.min(least, value)),
      most: values.reduce((most, value) => Math.max(most, value)),
    };
  });
}

/** The same for the cases of each scanner, protocol, … where there is more than one of them. */
export function strataOf(rows: readonly Row[], seed: number): ModelValidation['strata'] {
  return strataNames.flatMap((by) => {
    const values = [...new Set(rows.map(({ strata }) => strata[by]!))].sort();
    if (values.length < 2) return [];
    return values.map((value) => ({
      by,
      value,
      statistics: statisticsOf(
        rows.filter(({ strata }) => strata[by] === value),
        seed,
      ),
    }));
  });
}

/** Case by case the model less the version beside it. */
export function pairedOf(
  rows: readonly Row[],
  seed: number,
  margins: Readonly<Record<string, number>>,
): ModelValidation['paired'] {
  return [...grouped(rows).values()].flatMap((all) => {
    const pairs = all.filter(({ against }) => against !== null);
    if (pairs.length === 0) return [];
    const differences = pairs.map(({ value, against }) => value - against!);
    const { measure, label, unit } = all[0]!;
    const margin = margins[measure];
    const tested = margin === undefined ? undefined : equivalence(differences, margin);
    return [
      {
        measure,
        label,
        unit,
        cases: differences.length,
        mean: meanOf(differences),
        interval: bootstrapInterval(differences, meanOf, { seed }) ?? null,
        p: signedRankTest(differences)?.p ?? null,
        equivalence:
          tested === undefined
            ? null
            : {
                margin: tested.margin,
                interval: tested.interval,
                p: tested.p,
                isEquivalent: tested.isEquivalent,
              },
      },
    ];
  });
}

/** By which measure cases are bad: against the truth where it is known, else by how much they were changed. */
const WORST_BY: readonly { readonly measure: MeasureName; readonly isBad: 'low' | 'high' }[] = [
  { measure: 'dice', isBad: 'low' },
  { measure: 'psnr', isBad: 'low' },
  { measure: 'error', isBad: 'high' },
  { measure: 'ssim-original', isBad: 'low' },
  { measure: 'difference-sd', isBad: 'high' },
  { measure: 'confidence', isBad: 'low' },
];

/** The numbers of the worst cases; those that failed come first. */
export function worstOf(rows: readonly Row[], most: number): ModelValidation['worst'] {
  const by = WORST_BY.find(({ measure }) =>
    rows.some(({ measures }) => measures.some((one) => one.measure === measure)),
  );
  const failed = rows.filter(({ failure }) => failure !== null);
  const badness = ({ measures }: Row) => {
    const values = measures.filter(({ measure }) => measure === by?.measure).map(({ value }) => value);
    return values.length === 0
      ? Number.NEGATIVE_INFINITY
      : by?.isBad === 'high'
        ? Math.max(...values)
        : -Math.min(...values);
  };
  const rest = rows
    .filter(({ failure, measures }) => failure === null && measures.length > 0)
    .toSorted((a, b) => badness(b) - badness(a) || a.number - b.number);
  const worst = [...failed, ...rest].slice(0, most).map(({ number }) => number);
  return { measure: by?.measure ?? null, cases: worst };
}

export const titleOf = (measure: string): string =>
  measure in measureFacts ? measureFacts[measure as MeasureName].title : measure;
