import { readFilePart10, readSegmentation, UID } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Conversion, ConversionInput } from './conversion.ts';
import { fromSegmentation } from './from-segmentation.ts';
import { fromStructureSet } from './from-structure-set.ts';

/**
 * Turns a SEG into an RTSTRUCT, an RTSTRUCT into a SEG, and both into NIfTI masks. Throws CONTOURS_TARGET,
 * CONTOURS_NO_IMAGES, CONTOURS_TOO_LARGE, CONTOURS_NO_STRUCTURE, and what reading throws.
 */
export async function convertContours(input: ConversionInput): Promise<Conversion> {
  const image = readFilePart10(input.file);
  const isStructureSet = image.dataset.text('SOPClassUID') === UID.RTStructureSetStorage;
  if ((isStructureSet && input.to === 'rtstruct') || (!isStructureSet && input.to === 'seg')) {
    throw new PhotopeakError('the object is of this kind already', {
      code: 'CONTOURS_TARGET',
      expected: isStructureSet ? 'seg or nifti' : 'rtstruct or nifti',
      found: input.to,
    });
  }
  return isStructureSet
    ? fromStructureSet(image.dataset, input)
    : fromSegmentation(await readSegmentation(image), image.dataset, input);
}
