import type { CtNoiseSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** The noise of each CT, for a terminal. */
export function describeNoise({ series }: CtNoiseSummary): string {
  if (series.length === 0) return 'the study has no CT volume';
  return textTable(
    [
      { title: 'series' },
      { title: 'kernel' },
      { title: 'slice mm', align: 'right' },
      { title: 'noise HU', align: 'right' },
    ],
    series.map(({ description, kernel, sliceThicknessMm, noiseHu }) => [
      description,
      kernel ?? '-',
      sliceThicknessMm?.toFixed(1) ?? '-',
      noiseHu?.toFixed(1) ?? 'no soft tissue',
    ]),
  );
}
