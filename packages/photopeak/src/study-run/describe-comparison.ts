import type { ComparisonSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** Time points, response, lesions and notices, for a terminal. */
export function describeComparison(summary: ComparisonSummary): string {
  const { timePoints, registrations, response, lesions, findings } = summary;
  return [
    ...timePoints.map(
      ({ label, studyDate, day, totals }) =>
        `${label}: ${studyDate ?? 'no date'}${day === null ? '' : `, day ${day}`}, ${totals.count} finding(s), MTV ${totals.mtvMl.toFixed(1)} ml`,
    ),
    ...registrations.map(
      ({ order, used, reason }) => `${timePoints[order - 1]?.label} to current: ${used}: ${reason}`,
    ),
    ...lesionLines(lesions),
    ...response.map((one) => {
      const against = timePoints[one.against - 1]?.label ?? '';
      return one.status === 'assessed'
        ? `${one.criteria} against ${against}: ${one.category}, ${one.meaning}`
        : `${one.criteria} against ${against}: cannot be assessed, because ${one.reasons.join('; ')}`;
    }),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}

function lesionLines(lesions: ComparisonSummary['lesions']): string[] {
  if (lesions.length === 0) return ['no lesion to compare'];
  const numeric = ['SUVmax before', 'now', 'MTV before', 'now'];
  return [
    textTable(
      [
        { title: 'lesion' },
        { title: 'state' },
        ...numeric.map((title) => ({ title, align: 'right' as const })),
      ],
      lesions.map(({ label, state, timePoints }) => {
        const [before, now] = [timePoints.at(-2)?.values, timePoints.at(-1)?.values];
        return [
          label,
          state,
          before?.suvMax.toFixed(2) ?? '-',
          now?.suvMax.toFixed(2) ?? '-',
          before?.mtvMl.toFixed(1) ?? '-',
          now?.mtvMl.toFixed(1) ?? '-',
        ];
      }),
    ),
  ];
}
