import type { z } from 'zod';
import type { chosenSeries } from '../summary-parts.ts';
import type { Choice } from './choose-series.ts';

/** A choice as a summary tells it. */
export function toldChoice(choice: Choice | null): z.infer<typeof chosenSeries> | null {
  if (choice === null) return null;
  const { seriesInstanceUid, seriesNumber, description, modality, instanceCount, frameOfReferenceUid } =
    choice.series;
  return {
    seriesInstanceUid,
    seriesNumber,
    description,
    modality,
    instanceCount,
    frameOfReferenceUid,
    reason: choice.reason,
  };
}

/** Series that were not chosen, as a summary tells them. */
export function toldRejected(rejected: readonly Choice[]) {
  return rejected.map(({ series: { seriesInstanceUid, modality, description, instanceCount }, reason }) => ({
    seriesInstanceUid,
    modality,
    description,
    instanceCount,
    reason,
  }));
}
