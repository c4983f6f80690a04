import { type Volume, writeNifti } from '@photopeak/imaging';
import type { ResultObject } from '../../pipeline.ts';

/** The volumes that `nifti` asks for, in the order they are written; each is an output of its own. */
export const NIFTI_OUTPUTS = {
  'ct-nifti': 'CT as NIfTI, HU',
  'pet-nifti': 'PET as NIfTI, SUVbw where it can be computed, else in its own unit',
  'lesions-nifti': 'lesions as NIfTI label map on the PET grid, value = segment number of lesions-seg',
  'physiological-nifti': 'physiological uptake as NIfTI label map, value = segment number',
  'anatomy-nifti': 'CT anatomy as NIfTI label map on the CT grid, value = segment number of anatomy-seg',
  'resampled-pet-nifti': 'PET on the CT grid as NIfTI, with resampledPet',
} as const;

export type NiftiOutput = keyof typeof NIFTI_OUTPUTS;

/** A volume as `nifti/NAME.nii.gz`; the same voxels give the same bytes. */
export function niftiObject(output: NiftiOutput, volume: Volume): ResultObject {
  return {
    output,
    fileName: `nifti/${output.replace(/-nifti$/, '')}.nii.gz`,
    kind: 'nifti',
    bytes: writeNifti(volume),
  };
}

/** Label map of findings: each voxel of a region gets its segment number. */
export function segmentNumbers(
  labels: Volume,
  regions: readonly { readonly labelValue: number; readonly segmentNumber: number }[],
): Volume {
  const most = regions.reduce((highest, { labelValue }) => Math.max(highest, labelValue), 0);
  const numbers = new Uint16Array(most + 1);
  for (const { labelValue, segmentNumber } of regions) numbers[labelValue] = segmentNumber;
  const data =
    regions.length > 255 ? new Uint16Array(labels.data.length) : new Uint8Array(labels.data.length);
  for (let index = 0; index < data.length; index++) data[index] = numbers[labels.data[index] ?? 0] ?? 0;
  return { ...labels, data, unit: '1' };
}
