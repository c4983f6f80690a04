import type { Algorithm, Dataset, ObjectContext } from '@photopeak/dicom';
import { contextOf, type Identity, SERIES_NUMBER_BASE } from '../../objects/index.ts';

export { algorithmOf, type Identity } from '../../objects/index.ts';

/** The outputs in the order of their series numbers. */
export const SERIES = {
  'lesions-seg': { number: SERIES_NUMBER_BASE + 1, description: 'AI lesions (draft)' },
  'physiological-seg': { number: SERIES_NUMBER_BASE + 2, description: 'AI physiological uptake (draft)' },
  'anatomy-seg': { number: SERIES_NUMBER_BASE + 3, description: 'AI anatomy on CT (draft)' },
  'measurements-sr': { number: SERIES_NUMBER_BASE + 4, description: 'AI PET/CT measurements (draft)' },
  registration: { number: SERIES_NUMBER_BASE + 5, description: 'AI PET to CT alignment' },
  'deformable-registration': {
    number: SERIES_NUMBER_BASE + 9,
    description: 'AI deformation of PET to CT (draft)',
  },
  captures: { number: SERIES_NUMBER_BASE + 6, description: 'AI captures of findings (draft)' },
  'mip-capture': { number: SERIES_NUMBER_BASE + 7, description: 'AI MIP with outlines (draft)' },
  'resampled-pet': { number: SERIES_NUMBER_BASE + 8, description: 'AI-resampled: PET on CT grid' },
  'comparison-seg': {
    number: SERIES_NUMBER_BASE + 11,
    description: 'AI lesions, compared with before (draft)',
  },
  'lobes-seg': { number: SERIES_NUMBER_BASE + 17, description: 'AI lobes of the lungs (draft)' },
  'composition-seg': { number: SERIES_NUMBER_BASE + 15, description: 'AI muscle and fat at L3 (draft)' },
} as const;

export type DicomOutput = keyof typeof SERIES;

export function objectContext(
  identity: Identity,
  output: DicomOutput,
  source: Dataset,
  algorithms: readonly Algorithm[],
  number = 1,
): ObjectContext {
  return contextOf(identity, output, SERIES[output], source, algorithms, number);
}
