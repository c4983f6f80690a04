import { BLOOD_BAND, LIVER_BAND, type TrendPoint, trend } from '@photopeak/analysis';
import type { Identity } from '../objects/index.ts';
import { reference, totalsOf } from '../petct-oncology/parts.ts';
import type { Finding } from '../pipeline.ts';
import { NOTICE } from '../study/index.ts';
import { checksOf, type Response } from './assess.ts';
import type { Examination } from './examine.ts';
import type { PriorRegistration } from './register-prior.ts';
import { COMPARISON_SCHEMA, type ComparedLesion, type ComparisonSummary } from './summary.ts';

export interface SummaryInput {
  readonly identity: Identity;
  readonly examinations: readonly Examination[];
  /** Of each earlier examination. */
  readonly registrations: readonly PriorRegistration[];
  readonly lesions: readonly ComparedLesion[];
  readonly response: readonly Response[];
  readonly findings: readonly Finding[];
}

const DAY_MS = 86_400_000;

/** Days from the oldest examination, by the date of each study; null where a date is missing. */
function daysOf(examinations: readonly Examination[]): (number | null)[] {
  const midnight = examinations.map(({ facts }) =>
    facts.startedAt === null ? Number.NaN : Date.parse(`${facts.startedAt.slice(0, 10)}T00:00:00Z`),
  );
  return midnight.map((at) => {
    const days = Math.round((at - midnight[0]!) / DAY_MS);
    return Number.isFinite(days) ? days : null;
  });
}

/** Everything but the list of objects. */
export function summarise(input: SummaryInput): ComparisonSummary {
  const { identity, examinations, registrations, lesions, response } = input;
  const days = daysOf(examinations);
  const current = examinations.at(-1)!;
  const checks = checksOf(examinations.map(({ facts }) => facts));
  return {
    schema: COMPARISON_SCHEMA,
    pipeline: { name: identity.pipeline.name, version: identity.pipeline.version },
    run: { key: identity.run.key, at: identity.run.at },
    notice: NOTICE,
    study: current.analysed.selection.study,
    timePoints: examinations.map((examination, index) => timePoint(examination, index + 1, days[index]!)),
    registrations: registrations.map(({ deformation: _, matrix, ...registration }, index) => ({
      order: index + 1,
      ...registration,
      matrix: [...matrix],
    })),
    comparability: checks.map((list, index) => ({
      order: index + 1,
      checks: list.map((check) => ({ ...check })),
    })),
    lesions: [...lesions],
    trends: trendsOf(examinations, days),
    response: response.map((one) => ({ ...one, against: one.against + 1 })) as ComparisonSummary['response'],
    objects: [],
    findings: [...input.findings],
  };
}

function timePoint(
  { label, analysed, facts, regions }: Examination,
  order: number,
  day: number | null,
): ComparisonSummary['timePoints'][number] {
  const { selection, found, alignment } = analysed;
  return {
    order,
    label,
    studyInstanceUid: selection.study.studyInstanceUid,
    studyDate: selection.study.studyDate,
    description: selection.study.description,
    day,
    pet: selection.chosen.pet,
    ct: selection.chosen.ct,
    uptakeMinutes: facts.conditions.uptakeMinutes,
    sulPerSuv: facts.sulPerSuv,
    references:
      found === null
        ? null
        : { liver: reference(found.liver, LIVER_BAND), bloodPool: reference(found.bloodPool, BLOOD_BAND) },
    threshold: { method: found?.threshold.derivation ?? '', value: found?.threshold.suv ?? null },
    totals: totalsOf(regions.lesions),
    alignmentScore: alignment?.score?.score ?? null,
  };
}

/** Whole-patient numbers over the examinations; none where a date is missing or two are of one day. */
function trendsOf(
  examinations: readonly Examination[],
  days: readonly (number | null)[],
): ComparisonSummary['trends'] {
  const isOrdered = days.every((day, index) => day !== null && (index === 0 || day > days[index - 1]!));
  if (!isOrdered) return [];
  const over = (
    name: string,
    unit: string,
    value: (totals: ReturnType<typeof totalsOf>) => number | null,
  ) => {
    const points = examinations.map(
      ({ analysed, regions }, index): TrendPoint => ({
        day: days[index]!,
        value: analysed.found === null ? null : value(totalsOf(regions.lesions)),
      }),
    );
    const { fromBaseline, fromPrevious, fromNadir, doublingDays } = trend(points);
    return { name, unit, points, fromBaseline, fromPrevious, fromNadir, doublingDays };
  };
  return [
    over('number of lesions', '1', ({ count }) => count),
    over('total MTV', 'ml', ({ mtvMl }) => mtvMl),
    over('total TLG', 'g', ({ tlgG }) => tlgG),
    over('highest SUVmax', 'g/ml', ({ suvMax }) => suvMax ?? 0),
    over('Dmax', 'mm', ({ dmaxMm }) => dmaxMm),
  ];
}
