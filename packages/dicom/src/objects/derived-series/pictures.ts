import { Dataset, type Keyword, UID } from '../../data/index.ts';
import {
  addContentDateTime,
  addEquipment,
  addSeries,
  addSopCommon,
  completePatientAndStudy,
  declareCodingSchemes,
  type ObjectContext,
  objectError,
  referenceTo,
  repairAttributes,
  settleLaterality,
} from '../common/index.ts';
import { inheritAttributes } from './attributes.ts';
import { addDerivation, type Derivation } from './derivation.ts';

export interface DerivedPicturesInput extends Derivation {
  readonly context: ObjectContext;
  /** Header of an Ultrasound (Multi-frame) Image. */
  readonly source: Dataset;
  /** Counted from 1 within the derived series. */
  readonly instanceNumber: number;
  /** All frames, 8 bits a sample, samples of a pixel side by side: MONOCHROME2 (one) or RGB (three). */
  readonly samples: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Storage classes of ultrasound, old ones too, and the class that is written (PS3.4 B.5, PS3.6 A). */
const CLASSES: Readonly<Record<string, string>> = {
  [UID.UltrasoundImageStorage]: UID.UltrasoundImageStorage,
  [UID.UltrasoundImageStorageRetired]: UID.UltrasoundImageStorage,
  [UID.UltrasoundMultiFrameImageStorage]: UID.UltrasoundMultiFrameImageStorage,
  [UID.UltrasoundMultiFrameImageStorageRetired]: UID.UltrasoundMultiFrameImageStorage,
};

export const isUltrasoundImage = (sopClassUid: string): boolean => CLASSES[sopClassUid] !== undefined;

/** What described the old samples. */
const replaced = [
  'RedPaletteColorLookupTableDescriptor',
  'GreenPaletteColorLookupTableDescriptor',
  'BluePaletteColorLookupTableDescriptor',
  'RedPaletteColorLookupTableData',
  'GreenPaletteColorLookupTableData',
  'BluePaletteColorLookupTableData',
  'SegmentedRedPaletteColorLookupTableData',
  'SegmentedGreenPaletteColorLookupTableData',
  'SegmentedBluePaletteColorLookupTableData',
  'PaletteColorLookupTableUID',
  'PlanarConfiguration',
] as const satisfies readonly Keyword[];

/**
 * An ultrasound picture or clip with other pixels (PS3.3 A.6, A.7): calibrated regions, times of frames and what else
 * its source says stay. Throws `DERIVED_SOURCE_UNSUPPORTED`, `OBJECT_INPUT_INVALID`.
 */
export function buildDerivedPictures(input: DerivedPicturesInput): Dataset {
  const { context, source, samples, pixels, instanceNumber } = input;
  const sopClass = CLASSES[source.text('SOPClassUID') ?? ''];
  if (sopClass === undefined) {
    throw objectError('DERIVED_SOURCE_UNSUPPORTED', 'No derived picture is made of this SOP class', {
      expected: 'Ultrasound Image or Ultrasound Multi-frame Image Storage',
      found: source.text('SOPClassUID') ?? '',
    });
  }
  const frames = source.number('NumberOfFrames') ?? 1;
  const expected = (source.number('Rows') ?? 0) * (source.number('Columns') ?? 0) * frames * samples;
  if (pixels.length !== expected) {
    throw objectError('OBJECT_INPUT_INVALID', 'The pixels do not fill the pictures of the source', {
      expected: `${expected} samples`,
      found: `${pixels.length} samples`,
    });
  }
  const object = new Dataset();
  inheritAttributes(object, source);
  for (const keyword of replaced) object.delete(keyword);
  addSeries(object, context, 'US');
  addEquipment(object, context);
  addSopCommon(object, { ...context, source }, sopClass, context.sopInstanceUid);
  addContentDateTime(object, context);
  object.set('InstanceNumber', instanceNumber);
  object.set('ImageType', ['DERIVED', 'SECONDARY', ...source.texts('ImageType').slice(2)]);
  addDerivation(object, input, [referenceTo(source)], true);
  object.set('SamplesPerPixel', samples);
  object.set('PhotometricInterpretation', samples === 3 ? 'RGB' : 'MONOCHROME2');
  if (samples === 3) object.set('PlanarConfiguration', 0);
  object.set('BitsAllocated', 8);
  object.set('BitsStored', 8);
  object.set('HighBit', 7);
  object.set('PixelRepresentation', 0);
  const padded = new Uint8Array(pixels.length + (pixels.length & 1));
  padded.set(pixels);
  object.set('PixelData', padded, 'OB');
  completePatientAndStudy(object);
  repairAttributes(object);
  settleLaterality(object);
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
