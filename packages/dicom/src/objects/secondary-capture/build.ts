import { type Code, dcm } from '../../codes/index.ts';
import { Dataset, Tag, UID } from '../../data/index.ts';
import {
  addBodyPart,
  addContentDateTime,
  codeItem,
  declareCodingSchemes,
  type InstanceReference,
  type ObjectContext,
  objectError,
  startObject,
  toDicomDateTime,
} from '../common/index.ts';

/** A picture: red, green, blue of each pixel, row by row. */
export interface RgbPicture {
  readonly columns: number;
  readonly rows: number;
  readonly rgb: Uint8Array;
}

export interface SecondaryCaptureInput {
  readonly context: ObjectContext;
  /** One picture, or several of one size that belong together. */
  readonly pictures: readonly RgbPicture[];
  /** How the pictures follow each other: shown as a film with this time per frame, else as pages. */
  readonly frameTimeMs?: number;
  /** True when text that identifies the patient is part of the picture. */
  readonly burnedInAnnotation?: boolean;
  /** Images the picture was made of. */
  readonly sources?: readonly InstanceReference[];
  readonly derivations?: readonly Code[];
  readonly derivationDescription?: string;
  readonly lossyImageCompression?: boolean;
}

/** Pages follow each other in the order of Page Number Vector (PS3.3 C.8.6.4). */
function addFrameOrder(object: Dataset, input: SecondaryCaptureInput): void {
  if (input.frameTimeMs !== undefined) {
    object.set('FrameTime', input.frameTimeMs);
    object.set('FrameIncrementPointer', [Tag.FrameTime]);
  } else {
    object.set(
      'PageNumberVector',
      input.pictures.map((_, index) => index + 1),
    );
    object.set('FrameIncrementPointer', [Tag.PageNumberVector]);
  }
}

function pixelData(pictures: readonly RgbPicture[]): Uint8Array {
  const size = pictures.reduce((sum, { rgb }) => sum + rgb.length, 0);
  const bytes = new Uint8Array(size + (size & 1));
  let at = 0;
  for (const { rgb } of pictures) {
    bytes.set(rgb, at);
    at += rgb.length;
  }
  return bytes;
}

/**
 * A picture for people, not for measuring: Secondary Capture (PS3.3 A.8.1) for one frame, Multi-frame True Color
 * Secondary Capture (A.8.5) for several.
 */
export function buildSecondaryCapture(input: SecondaryCaptureInput): Dataset {
  const { context, pictures } = input;
  const first = pictures[0];
  if (first === undefined) throw objectError('OBJECT_INPUT_INVALID', 'A capture needs at least one picture');
  for (const [index, { columns, rows, rgb }] of pictures.entries()) {
    if (columns !== first.columns || rows !== first.rows || rgb.length !== columns * rows * 3) {
      throw objectError(
        'OBJECT_INPUT_INVALID',
        'All pictures of a capture have one size and three bytes per pixel',
        {
          where: `picture ${index + 1}`,
          expected: `${first.columns}×${first.rows}, ${first.columns * first.rows * 3} bytes`,
          found: `${columns}×${rows}, ${rgb.length} bytes`,
        },
      );
    }
  }
  const isMultiFrame = pictures.length > 1;
  const object = startObject(
    context,
    isMultiFrame ? UID.MultiFrameTrueColorSecondaryCaptureImageStorage : UID.SecondaryCaptureImageStorage,
    'OT',
  );
  addBodyPart(object, context.source);
  // SC Equipment, C.8.6.1
  object.set('ConversionType', 'WSD');
  object.set('SecondaryCaptureDeviceManufacturer', context.equipment.manufacturer);
  object.set('SecondaryCaptureDeviceManufacturerModelName', context.equipment.model);
  object.set('SecondaryCaptureDeviceSoftwareVersions', context.equipment.softwareVersions);
  // General Image, C.7.6.1, and SC Image, C.8.6.2
  const { date, time } = toDicomDateTime(context.at);
  addContentDateTime(object, context);
  object.set('DateOfSecondaryCapture', date);
  object.set('TimeOfSecondaryCapture', time);
  object.set('ImageType', ['DERIVED', 'SECONDARY']);
  object.set('PatientOrientation', null);
  object.set('BurnedInAnnotation', input.burnedInAnnotation === true ? 'YES' : 'NO');
  if (input.lossyImageCompression === true) object.set('LossyImageCompression', '01');
  if (input.derivationDescription !== undefined) {
    object.set('DerivationDescription', input.derivationDescription.slice(0, 1024));
  }
  if (input.derivations !== undefined && input.derivations.length > 0) {
    object.set('DerivationCodeSequence', input.derivations.map(codeItem));
  }
  if (input.sources !== undefined && input.sources.length > 0) {
    object.set(
      'SourceImageSequence',
      input.sources.map(({ sopClassUid, sopInstanceUid }) =>
        Dataset.of({
          ReferencedSOPClassUID: sopClassUid,
          ReferencedSOPInstanceUID: sopInstanceUid,
          PurposeOfReferenceCodeSequence: codeItem(dcm.sourceImageForProcessing),
        }),
      ),
    );
  }
  // Image Pixel, C.7.6.3
  object.set('SamplesPerPixel', 3);
  object.set('PhotometricInterpretation', 'RGB');
  object.set('PlanarConfiguration', 0);
  object.set('Rows', first.rows);
  object.set('Columns', first.columns);
  object.set('BitsAllocated', 8).set('BitsStored', 8).set('HighBit', 7).set('PixelRepresentation', 0);
  if (isMultiFrame) {
    object.set('NumberOfFrames', pictures.length);
    addFrameOrder(object, input);
  }
  object.set('PixelData', pixelData(pictures), 'OB');
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
