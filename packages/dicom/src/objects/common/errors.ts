import { PhotopeakError } from '@photopeak/imaging';

/** What building, reading and checking result objects can end with, and what to do. */
export const objectErrorCodes = {
  OBJECT_INPUT_INVALID: {
    meaning: 'The input of a builder contradicts itself, so that no conformant object can be made of it.',
    remedy: 'Correct the call; the message names the parts that disagree.',
  },
  OBJECT_NOT_CONFORMANT: {
    meaning: 'A finished object breaks rules of the standard and is not let out.',
    remedy:
      'Report it with the listed problems; the source images may lack attributes that the object needs.',
  },
  OBJECT_KIND_UNEXPECTED: {
    meaning: 'The DICOM object is of another kind than the reader understands.',
    remedy: 'Pass an object of the expected SOP class.',
  },
  OBJECT_INCOMPLETE: {
    meaning: 'The object lacks attributes without which it has no meaning.',
    remedy: 'Ask the vendor of the writing software; the message names the attributes.',
  },
  SEGMENTATION_NO_GEOMETRY: {
    meaning: 'The segmentation has no position in patient space, or its frames are not parallel planes.',
    remedy: 'Its frames can be read one by one, but not as a volume.',
  },
  SEGMENTATION_NO_SEGMENT: {
    meaning: 'The segmentation has no segment of this number.',
    remedy: 'Use one of the numbers that the object lists.',
  },
  SEGMENTATION_OVERLAP: {
    meaning: 'Segments overlap, so that they cannot be stored as one label per voxel.',
    remedy: 'Store the segments as a binary segmentation.',
  },
  SEGMENTATION_NOT_CONVERTIBLE: {
    meaning: 'The segmentation cannot be given in the wanted encoding.',
    remedy: 'Only binary segmentations and label maps become each other; send the object as it is.',
  },
  SEGMENTATION_OTHER_FRAME_OF_REFERENCE: {
    meaning: 'The segmentation and the images lie in different frames of reference.',
    remedy: 'Register the two first; nothing is overlaid without a registration.',
  },
  REPORT_TREE_INVALID: {
    meaning: 'The content tree of the structured report is not readable.',
    remedy: 'Ask the vendor of the writing software.',
  },
  DERIVED_SOURCE_UNSUPPORTED: {
    meaning: 'No derived series can be made in the SOP class of this source.',
    remedy: 'Use a CT, MR, PET or NM image series as the source.',
  },
} as const satisfies Readonly<Record<string, { meaning: string; remedy: string }>>;

export type ObjectErrorCode = keyof typeof objectErrorCodes;

export function objectError(
  code: ObjectErrorCode,
  message: string,
  details: { readonly expected?: string; readonly found?: string; readonly where?: string } = {},
): PhotopeakError {
  return new PhotopeakError(message, { code, remedy: objectErrorCodes[code].remedy, ...details });
}
