import { type CtExtentOutcome, type Deformation, measureCtExtent, toFixed } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import type { LabelledLesion } from '../petct-oncology/parts.ts';
import type { Step } from '../pipeline.ts';
import type { ComparedTrack } from './compare.ts';
import { centreOf, voxelsOf } from './shapes.ts';

export interface MeasureCtInput {
  /** Hounsfield units. */
  readonly ct: Volume;
  readonly lesions: readonly LabelledLesion[];
  /** On the grid of the PET. */
  readonly labels: Volume;
  /** From the CT to the PET. */
  readonly petOnCt: Deformation;
}

/** Size on CT of each lesion of an examination, by its id. */
export type CtExtents = Readonly<Record<string, CtExtentOutcome>>;

/** Size of a lesion on the CT of an examination: of the largest of its parts there; null where it is not there. */
export function extentOf({ track }: ComparedTrack, order: number, extents: readonly CtExtents[]) {
  const parts = (track.at[order] ?? []).flatMap((id) => extents[order]?.[id] ?? []);
  const size = (part: (typeof parts)[number]) => (part.status === 'measured' ? part.longestMm : 0);
  return parts.toSorted((a, b) => size(b) - size(a))[0] ?? null;
}

/** Longest diameter and short axis of each lesion where CT delimits it. */
export const measureLesionsOnCt: Step<MeasureCtInput, CtExtents> = {
  name: 'measure-ct',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, lesions, labels, petOnCt }) => {
    const voxels = voxelsOf(labels, lesions);
    const extents: Record<string, CtExtentOutcome> = {};
    for (const { id, labelValue, maximumPosition } of lesions) {
      const points = (voxels.get(labelValue) ?? []).map((index) => centreOf(labels, index));
      const [peak, ...onCt] = toFixed(petOnCt, [maximumPosition, ...points]);
      extents[id] = await measureCtExtent(ct, onCt, peak!);
    }
    return extents;
  },
};
