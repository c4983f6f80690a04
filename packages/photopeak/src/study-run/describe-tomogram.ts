import type { SpectctRegion, SpectctSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was chosen and why, what values mean, the regions with their activity, and the notices, for a terminal. */
export function describeTomogram({
  chosen,
  quantification,
  alignment,
  foci,
  regions,
  findings,
}: SpectctSummary): string {
  const choice = (series: SpectctSummary['chosen']['spect']) =>
    series === null ? 'none' : `${series.description}: ${series.reason}`;
  return [
    `SPECT: ${choice(chosen.spect)}`,
    `CT:    ${choice(chosen.ct)}`,
    ...chosen.rejected.map(
      ({ modality, description, reason }) => `not used: ${modality} ${description}: ${reason}`,
    ),
    ...(quantification?.status === 'quantitative'
      ? [`Bq/ml per value: ${Number(quantification.bqPerMlPerValue?.toPrecision(7))}`]
      : []),
    ...(alignment === null ? [] : [`alignment: ${alignment.reason}`]),
    `foci: ${foci.method}`,
    textTable(
      [
        { title: 'region' },
        { title: 'kind' },
        ...['ml', 'MBq', '%', 'SUVmax', 'x ref', 'T eff h', 'MBq·h'].map((title) => ({
          title,
          align: 'right' as const,
        })),
      ],
      regions.map(row),
    ),
    ...findings.map(({ severity, code, message }) => `${severity}: ${code}: ${message}`),
  ].join('\n');
}

function row({ label, kind, volumeMl, activity, relativeMaximum, timeActivity }: SpectctRegion): string[] {
  const fit = timeActivity?.fit ?? null;
  const show = (value: number | null | undefined, digits: number) =>
    value == null ? '-' : value.toFixed(digits);
  return [
    label,
    kind,
    volumeMl.toFixed(1),
    show(activity?.totalMBq, 2),
    show(activity?.percentOfAdministered, 3),
    show(activity?.suvMax, 1),
    show(relativeMaximum, 1),
    show(fit?.effectiveHalfLifeHours, 1),
    show(fit?.timeIntegratedMBqH, 0),
  ];
}
