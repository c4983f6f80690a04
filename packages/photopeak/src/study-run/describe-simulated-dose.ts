import type { DoseSimulationSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** What was simulated, for a terminal. */
export function describeSimulatedDose({ series, left, dose }: DoseSimulationSummary): string {
  if (series.length + left.length === 0) return 'warning: DOSE_NOTHING_TO_DO: the study has no CT volume';
  return [
    `simulated: ${100 * dose} % of the dose`,
    textTable(
      [
        { title: 'series' },
        { title: 'kernel' },
        { title: 'noise HU', align: 'right' },
        { title: 'simulated', align: 'right' },
        { title: 'images', align: 'right' },
      ],
      series.map(({ description, kernel, noiseHu, result }) => [
        description,
        kernel ?? '-',
        noiseHu.before.toFixed(1),
        noiseHu.after?.toFixed(1) ?? '-',
        String(result.instanceCount),
      ]),
    ),
    ...left.map(({ description, reason }) => `as it is: ${description}: ${reason}`),
  ].join('\n');
}
