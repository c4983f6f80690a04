import { type MeasuredComposition, TISSUE_LABELS, type TissueName } from '@photopeak/analysis';
import {
  type Algorithm,
  buildSegmentation,
  type Dataset,
  type ObjectContext,
  type SegmentDescription,
  sct,
} from '@photopeak/dicom';
import type { Source } from '../objects/index.ts';

export const COMPOSITION_ALGORITHM = 'CT body composition at L3';

const TISSUES: Record<
  TissueName,
  Pick<SegmentDescription, 'label' | 'type' | 'anatomicRegion' | 'colour'>
> = {
  muscle: { label: 'Muscle at L3', type: sct.skeletalMuscle, anatomicRegion: sct.vertebraL3 },
  subcutaneousFat: {
    label: 'Subcutaneous fat at L3',
    type: sct.adiposeTissue,
    anatomicRegion: sct.subcutaneousTissue,
  },
  visceralFat: {
    label: 'Visceral fat at L3',
    type: sct.adiposeTissue,
    anatomicRegion: sct.intraAbdominal,
    colour: [225, 150, 60],
  },
};

/** The SEG of muscle and fat in the slice through L3: what the areas were measured in. */
export function compositionSegmentation(
  context: ObjectContext,
  ct: Source,
  { labels, composition: { confidence } }: MeasuredComposition,
  algorithm: Algorithm,
  encoding: 'binary' | 'labelmap',
): Dataset {
  const names = Object.keys(TISSUE_LABELS) as TissueName[];
  return buildSegmentation({
    context,
    source: ct.images,
    segments: names.map((name) => ({
      ...TISSUES[name],
      description: `one slice through L3; probability of the level ${confidence.toFixed(2)}`,
      algorithmType: 'AUTOMATIC',
      algorithm,
    })),
    pixels: { kind: 'labels', labels, values: names.map((name) => TISSUE_LABELS[name]) },
    encoding,
    label: 'COMPOSITION',
    description: 'Muscle and fat at L3',
  });
}
