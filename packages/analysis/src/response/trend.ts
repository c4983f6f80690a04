import { PhotopeakError } from '@photopeak/imaging';
import { type Change, changeOf } from './tolerance.ts';

/** A value at a time point; null where the lesion was not there or not measured. */
export interface TrendPoint {
  /** Days from the first time point. */
  readonly day: number;
  readonly value: number | null;
}

export interface Trend {
  readonly points: readonly TrendPoint[];
  readonly baseline: TrendPoint | null;
  /** The lowest value so far, the last of equal ones. */
  readonly nadir: TrendPoint | null;
  readonly latest: TrendPoint | null;
  readonly fromBaseline: Change | null;
  readonly fromPrevious: Change | null;
  /** From the lowest value before the latest; what RECIST judges growth by. */
  readonly fromNadir: Change | null;
  /** Days in which the value doubles (negative: halves) at the pace of the last two measured time points. */
  readonly doublingDays: number | null;
}

/** One number over any number of time points. Throws `RESPONSE_TIME_POINTS` where days do not increase. */
export function trend(points: readonly TrendPoint[]): Trend {
  for (const [index, { day }] of points.entries()) {
    const previous = points[index - 1]?.day;
    if (!Number.isFinite(day) || (previous !== undefined && day <= previous)) {
      throw new PhotopeakError('time points must follow each other', {
        code: 'RESPONSE_TIME_POINTS',
        expected: 'days that increase from one time point to the next',
        found: points.map((point) => point.day).join(', '),
        remedy: 'give each time point once, the oldest first',
      });
    }
  }
  const measured = points.filter((point): point is TrendPoint & { value: number } => point.value !== null);
  const latest = measured.at(-1) ?? null;
  const previous = measured.at(-2) ?? null;
  const lowest = (some: typeof measured) =>
    some.reduce<(typeof measured)[number] | null>(
      (low, point) => (low === null || point.value <= low.value ? point : low),
      null,
    );
  const before = lowest(measured.slice(0, -1));
  const change = (from: (typeof measured)[number] | null) =>
    from === null || latest === null || from === latest ? null : changeOf(from.value, latest.value);
  return {
    points,
    baseline: measured[0] ?? null,
    nadir: lowest(measured),
    latest,
    fromBaseline: change(measured[0] ?? null),
    fromPrevious: change(previous),
    fromNadir: change(before),
    doublingDays: doublingDays(previous, latest),
  };
}

function doublingDays(
  from: { readonly day: number; readonly value: number } | null,
  to: { readonly day: number; readonly value: number } | null,
): number | null {
  if (from === null || to === null || from.value <= 0 || to.value <= 0 || from.value === to.value)
    return null;
  return ((to.day - from.day) * Math.LN2) / Math.log(to.value / from.value);
}
