import type { Grid } from '@photopeak/imaging';
import { dcm, sct } from '../../codes/index.ts';
import { Dataset, Tag, UID } from '../../data/index.ts';
import { uidFrom } from '../../uid/index.ts';
import {
  addBodyPartWithoutLaterality,
  addCommonInstanceReferences,
  addContentDateTime,
  addContentIdentification,
  addFrameOfReference,
  codeItem,
  declareCodingSchemes,
  type InstanceReference,
  type ObjectContext,
  objectError,
  startObject,
} from '../common/index.ts';
import {
  normalOf,
  orientationOf,
  positionOfSlice,
  type SourceImages,
  type SourceSlice,
  underlyingSlices,
} from '../common/source-images.ts';
import { type SegmentDescription, type SegmentPixels, segmentItem } from './content.ts';
import {
  type FramePlan,
  gridOfPixels,
  labelFrames,
  packFrames,
  planFrames,
  segmentsOverlap,
} from './frames.ts';

export interface SegmentationInput {
  readonly context: ObjectContext;
  /** The images that were segmented; their frame of reference is that of the segmentation. */
  readonly source: SourceImages;
  readonly segments: readonly SegmentDescription[];
  readonly pixels: SegmentPixels;
  /** Default `binary`, which every viewer reads. `labelmap` is much smaller and newer (SOP class .66.7). */
  readonly encoding?: 'binary' | 'labelmap';
  /** Content Label (0070,0080): upper case, digits, underscore; at most 16 characters. Default SEGMENTATION. */
  readonly label?: string;
  readonly description?: string;
  readonly creatorName?: string;
}

/** Pixel Measures and Plane Orientation, PS3.3 C.7.6.16.2.1 and C.7.6.16.2.4, the same for all frames. */
function sharedGroups(grid: Grid, header: Dataset): Dataset {
  return Dataset.of({
    PixelMeasuresSequence: Dataset.of({
      PixelSpacing: [grid.spacingMm[1], grid.spacingMm[0]],
      SliceThickness: grid.spacingMm[2],
      SpacingBetweenSlices: grid.spacingMm[2],
    }),
    PlaneOrientationSequence: Dataset.of({ ImageOrientationPatient: orientationOf(grid, header) }),
  });
}

/** Derivation Image, PS3.3 C.7.6.16.2.6: the image under the frame. */
function derivationItem(slice: SourceSlice): Dataset {
  return Dataset.of({
    DerivationCodeSequence: codeItem(dcm.segmentation),
    SourceImageSequence: Dataset.of({
      ReferencedSOPClassUID: slice.reference.sopClassUid,
      ReferencedSOPInstanceUID: slice.reference.sopInstanceUid,
      ReferencedFrameNumber: slice.frame,
      SpatialLocationsPreserved: 'YES',
      PurposeOfReferenceCodeSequence: codeItem(dcm.sourceImageForProcessing),
    }),
  });
}

interface FrameGeometry {
  readonly position: readonly (number | string)[];
  /** 1-based rank of the plane among those that occur. */
  readonly rank: number;
  readonly slice: SourceSlice | undefined;
}

function frameItem(frame: FramePlan, geometry: FrameGeometry): Dataset {
  const isLabelMap = frame.segment === 0;
  return Dataset.of({
    // Frame Content, C.7.6.16.2.2
    FrameContentSequence: Dataset.of({
      DimensionIndexValues: isLabelMap ? [geometry.rank] : [frame.segment, geometry.rank],
    }),
    // Plane Position (Patient), C.7.6.16.2.3
    PlanePositionSequence: Dataset.of({ ImagePositionPatient: geometry.position }),
    DerivationImageSequence: geometry.slice === undefined ? undefined : derivationItem(geometry.slice),
    // Segment Identification, C.8.20.3.1
    SegmentIdentificationSequence: isLabelMap
      ? undefined
      : Dataset.of({ ReferencedSegmentNumber: frame.segment }),
  });
}

/** Multi-frame Dimension, PS3.3 C.7.6.17: by segment, then by position. */
function addDimensions(object: Dataset, sopInstanceUid: string, isLabelMap: boolean): void {
  const organization = uidFrom(sopInstanceUid, 'dimension organization');
  const index = (pointer: number, group: number, label: string) =>
    Dataset.of({
      DimensionOrganizationUID: organization,
      DimensionIndexPointer: pointer,
      FunctionalGroupPointer: group,
      DimensionDescriptionLabel: label,
    });
  const position = index(Tag.ImagePositionPatient, Tag.PlanePositionSequence, 'Image Position (Patient)');
  object.set('DimensionOrganizationSequence', Dataset.of({ DimensionOrganizationUID: organization }));
  object.set(
    'DimensionIndexSequence',
    isLabelMap
      ? [position]
      : [
          index(Tag.ReferencedSegmentNumber, Tag.SegmentIdentificationSequence, 'Referenced Segment Number'),
          position,
        ],
  );
}

/** Segment 0 of a label map, so that the background has a meaning too. */
export const background = () =>
  Dataset.of({
    SegmentNumber: 0,
    SegmentLabel: 'Background',
    SegmentAlgorithmType: 'MANUAL',
    SegmentedPropertyCategoryCodeSequence: codeItem(sct.spatialAndRelational),
    SegmentedPropertyTypeCodeSequence: codeItem(dcm.background),
  });

/** Image Pixel, PS3.3 C.7.6.3, and Segmentation Image, C.8.20.2. */
function addPixels(
  object: Dataset,
  input: SegmentationInput,
  grid: Grid,
  frames: readonly FramePlan[],
  isLabelMap: boolean,
): void {
  const count = input.segments.length;
  object.set('SamplesPerPixel', 1);
  object.set('PhotometricInterpretation', 'MONOCHROME2');
  object.set('PixelRepresentation', 0);
  object.set('Rows', grid.size[1]);
  object.set('Columns', grid.size[0]);
  object.set('NumberOfFrames', frames.length);
  if (isLabelMap) {
    const labels = labelFrames(
      input.pixels,
      frames.map((frame) => frame.k),
      count,
    );
    const bits = labels.BYTES_PER_ELEMENT * 8;
    object
      .set('BitsAllocated', bits)
      .set('BitsStored', bits)
      .set('HighBit', bits - 1);
    object.set('PixelPaddingValue', 0);
    object.set('PixelData', labels, bits === 8 ? 'OB' : 'OW');
  } else {
    object.set('BitsAllocated', 1).set('BitsStored', 1).set('HighBit', 0);
    object.set('PixelData', packFrames(input.pixels, frames, count), 'OB');
  }
}

/**
 * A DICOM Segmentation: binary (PS3.3 A.51) or label map (A.51, SOP class .66.7). Frames without pixels are omitted,
 * segments without voxels are kept; an entirely empty segmentation gets one empty frame, since pixel data is
 * mandatory. Time and size are linear in voxels and frames.
 */
export function buildSegmentation(input: SegmentationInput): Dataset {
  const { context, source, segments, pixels } = input;
  const isLabelMap = input.encoding === 'labelmap';
  const given = pixels.kind === 'masks' ? pixels.masks.length : (pixels.values?.length ?? segments.length);
  if (segments.length === 0 || given !== segments.length) {
    throw objectError('OBJECT_INPUT_INVALID', 'Each segment needs a description and its voxels', {
      expected: `${segments.length} segments`,
      found: `${given}`,
    });
  }
  const frameOfReferenceUid = source.header.text('FrameOfReferenceUID');
  if (frameOfReferenceUid === undefined) {
    throw objectError('OBJECT_INPUT_INVALID', 'The segmented images have no frame of reference', {
      where: 'FrameOfReferenceUID (0020,0052)',
    });
  }
  const overlap = segmentsOverlap(pixels);
  if (isLabelMap && overlap) {
    throw objectError('SEGMENTATION_OVERLAP', 'Overlapping segments do not fit into a label map');
  }

  const grid = gridOfPixels(pixels);
  const planned = planFrames(pixels, segments.length);
  const frames = orderFrames(grid, planned, isLabelMap);
  const geometry = frameGeometry(grid, source, frames);

  const object = startObject(context, isLabelMap ? LABEL_MAP_SEGMENTATION : UID.SegmentationStorage, 'SEG');
  addBodyPartWithoutLaterality(object, context.source);
  addFrameOfReference(object, frameOfReferenceUid, source.header);
  addContentDateTime(object, context);
  addContentIdentification(object, { ...input, label: input.label ?? 'SEGMENTATION' });
  object.set('ImageType', ['DERIVED', 'PRIMARY']);
  object.set('LossyImageCompression', source.header.text('LossyImageCompression') === '01' ? '01' : '00');
  object.copyFrom(source.header, ['LossyImageCompressionRatio', 'LossyImageCompressionMethod']);
  object.set('SegmentationType', isLabelMap ? 'LABELMAP' : 'BINARY');
  object.set('SegmentsOverlap', overlap ? 'YES' : 'NO');
  object.set('SegmentSequence', [
    ...(isLabelMap ? [background()] : []),
    ...segments.map((segment, index) => segmentItem(index + 1, segment)),
  ]);
  addDimensions(object, context.sopInstanceUid, isLabelMap);
  addPixels(object, input, grid, frames, isLabelMap);
  object.set('SharedFunctionalGroupsSequence', sharedGroups(grid, source.header));
  object.set(
    'PerFrameFunctionalGroupsSequence',
    frames.map((frame) => frameItem(frame, geometry.get(frame.k)!)),
  );
  addCommonInstanceReferences(object, object.text('StudyInstanceUID') ?? '', references(geometry, source));
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}

/** Label Map Segmentation Storage, PS3.4 Annex B. */
export const LABEL_MAP_SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.7';

/** By segment, then along the normal of the planes, whatever the sense of k. */
function orderFrames(grid: Grid, planned: readonly FramePlan[], isLabelMap: boolean): readonly FramePlan[] {
  const whole = { firstRow: 0, lastRow: -1 };
  const frames = isLabelMap
    ? [...new Set(planned.map((frame) => frame.k))].map((k) => ({ segment: 0, k, ...whole }))
    : [...planned];
  if (frames.length === 0) frames.push({ segment: isLabelMap ? 0 : 1, k: 0, ...whole });
  const normal = normalOf(grid);
  const d = grid.direction;
  const sense = normal[0] * d[2] + normal[1] * d[5] + normal[2] * d[8] < 0 ? -1 : 1;
  return frames.sort((a, b) => a.segment - b.segment || sense * (a.k - b.k));
}

function frameGeometry(
  grid: Grid,
  source: SourceImages,
  frames: readonly FramePlan[],
): ReadonlyMap<number, FrameGeometry> {
  const slices = underlyingSlices(grid, source);
  const normal = normalOf(grid);
  const d = grid.direction;
  const sense = normal[0] * d[2] + normal[1] * d[5] + normal[2] * d[8] < 0 ? -1 : 1;
  const planes = [...new Set(frames.map((frame) => frame.k))].sort((a, b) => sense * (a - b));
  return new Map(
    planes.map((k, index) => [
      k,
      { position: positionOfSlice(grid, k, slices[k]), rank: index + 1, slice: slices[k] },
    ]),
  );
}

/** The images under the frames; all images of the source where no frame lies on one. */
function references(
  geometry: ReadonlyMap<number, FrameGeometry>,
  source: SourceImages,
): readonly InstanceReference[] {
  const under = [...geometry.values()].flatMap(({ slice }) => (slice === undefined ? [] : [slice.reference]));
  return under.length > 0 ? under : source.slices.map((slice) => slice.reference);
}
