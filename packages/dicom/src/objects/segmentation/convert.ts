import type { ImageFile } from '../../codecs/index.ts';
import { Dataset, Tag, UID } from '../../data/index.ts';
import { objectError } from '../common/index.ts';
import { packedLength, setBits } from './bits.ts';
import { background, LABEL_MAP_SEGMENTATION } from './build.ts';
import { framePixels } from './open.ts';
import type { FramePixels } from './pixels.ts';

export type SegmentationEncoding = 'binary' | 'labelmap';

/** A segmentation in the other encoding, and where its parts have gone. */
export interface ConvertedSegmentation {
  readonly dataset: Dataset;
  /** The number that a segment has now. */
  segmentOf(number: number): number;
  /** The frames (from 1) that hold what a frame held, of one segment or of all. */
  framesOf(frame: number, segment: number | undefined): readonly number[];
}

/** Which encoding an object has; undefined for what is neither, as fractional segmentations. */
export function segmentationEncoding(object: Dataset): SegmentationEncoding | undefined {
  const sopClassUid = object.text('SOPClassUID');
  if (sopClassUid === LABEL_MAP_SEGMENTATION) return 'labelmap';
  const isBinary = object.text('SegmentationType') === 'BINARY';
  return sopClassUid === UID.SegmentationStorage && isBinary ? 'binary' : undefined;
}

/**
 * The same segments, voxel by voxel, in the other encoding: label map (SOP class .66.7) to binary (.66.4) or back. It
 * is another object, of another SOP class, and so has another SOP instance UID; everything else stays: series, segments,
 * geometry, what each frame was derived from. Segments of a binary segmentation number from 1 without gaps (PS3.3
 * C.8.20.2), which may give segments of a label map other numbers.
 *
 * @param to.sopInstanceUid UID of the new object.
 * @throws PhotopeakError SEGMENTATION_OVERLAP where segments share voxels and a label map is wanted;
 * SEGMENTATION_NOT_CONVERTIBLE for fractional ones and for tiles of a slide.
 */
export async function convertSegmentation(
  file: ImageFile,
  to: { readonly encoding: SegmentationEncoding; readonly sopInstanceUid: string },
): Promise<ConvertedSegmentation> {
  const from = segmentationEncoding(file.dataset);
  const organization = file.dataset.text('DimensionOrganizationType');
  if (from === undefined || from === to.encoding || organization === 'TILED_FULL') {
    throw objectError('SEGMENTATION_NOT_CONVERTIBLE', 'The segmentation cannot be given in this encoding', {
      expected: to.encoding === 'binary' ? 'a label map' : 'a binary segmentation',
      found: organization === 'TILED_FULL' ? organization : (file.dataset.text('SegmentationType') ?? 'none'),
    });
  }
  const pixels = await framePixels(file);
  const object = new Dataset();
  for (const element of file.dataset) if (!LEFT_OUT.has(element.tag)) object.setElement(element);
  object.set('SOPInstanceUID', to.sopInstanceUid);
  object.set('PhotometricInterpretation', 'MONOCHROME2');
  return to.encoding === 'binary' ? toBinary(object, pixels) : toLabelMap(object, pixels);
}

/** Of the pixels as they were: the palette of a label map, and its padding value. */
const LEFT_OUT: ReadonlySet<number> = new Set([
  Tag.PixelData,
  Tag.PixelPaddingValue,
  Tag.RedPaletteColorLookupTableDescriptor,
  Tag.GreenPaletteColorLookupTableDescriptor,
  Tag.BluePaletteColorLookupTableDescriptor,
  Tag.RedPaletteColorLookupTableData,
  Tag.GreenPaletteColorLookupTableData,
  Tag.BluePaletteColorLookupTableData,
  Tag.PaletteColorLookupTableUID,
  Tag.ICCProfile,
]);

function copyOf(item: Dataset | undefined): Dataset {
  const copy = new Dataset();
  for (const element of item ?? []) copy.setElement(element);
  return copy;
}

function toBinary(object: Dataset, pixels: FramePixels): ConvertedSegmentation {
  const segments = object.items('SegmentSequence').filter((item) => item.number('SegmentNumber') !== 0);
  const ordered = [...segments].sort((a, b) => numberOf(a) - numberOf(b));
  const numbers = new Map(ordered.map((item, index) => [numberOf(item), index + 1]));
  const area = pixels.rows * pixels.columns;
  const planned: { readonly segment: number; readonly from: number }[] = [];
  for (let frame = 0; frame < pixels.frames; frame++) {
    const present = new Set<number>();
    pixels.forEachNonZero(frame, (_, value) => present.add(value));
    for (const value of present) {
      const segment = numbers.get(value);
      if (segment === undefined) {
        throw objectError('OBJECT_INCOMPLETE', 'A value of the label map is no segment', {
          found: `${value}`,
        });
      }
      planned.push({ segment, from: frame });
    }
  }
  // Pixel data is mandatory: an empty segmentation has one empty frame.
  if (planned.length === 0) planned.push({ segment: 1, from: 0 });
  planned.sort((a, b) => a.segment - b.segment || a.from - b.from);
  const frameOf = new Map(planned.map(({ segment, from }, index) => [`${segment} ${from}`, index]));
  const packed = new Uint8Array(packedLength(planned.length * area));
  for (let frame = 0; frame < pixels.frames; frame++) {
    pixels.forEachNonZero(frame, (pixel, value) => {
      const index = frameOf.get(`${numbers.get(value)!} ${frame}`)!;
      setBits(packed, index * area + pixel, 1, () => true);
    });
  }
  const groups = object.items('PerFrameFunctionalGroupsSequence');
  object
    .set('SOPClassUID', UID.SegmentationStorage)
    .set('SegmentationType', 'BINARY')
    .set('SegmentsOverlap', 'NO')
    .set(
      'SegmentSequence',
      ordered.map((item, index) => copyOf(item).set('SegmentNumber', index + 1)),
    )
    .set('NumberOfFrames', planned.length)
    .set('BitsAllocated', 1)
    .set('BitsStored', 1)
    .set('HighBit', 0)
    .set('PixelData', packed, 'OB')
    .set(
      'PerFrameFunctionalGroupsSequence',
      planned.map(({ segment, from }) => {
        const item = copyOf(groups[from]);
        item.set('SegmentIdentificationSequence', Dataset.of({ ReferencedSegmentNumber: segment }));
        return withIndex(item, (values) => [segment, ...values]);
      }),
    );
  const dimensions = object.items('DimensionIndexSequence');
  const organizationUid =
    dimensions[0]?.text('DimensionOrganizationUID') ??
    object.item('DimensionOrganizationSequence')?.text('DimensionOrganizationUID');
  object.set('DimensionIndexSequence', [
    Dataset.of({
      DimensionOrganizationUID: organizationUid,
      DimensionIndexPointer: Tag.ReferencedSegmentNumber,
      FunctionalGroupPointer: Tag.SegmentIdentificationSequence,
      DimensionDescriptionLabel: 'Referenced Segment Number',
    }),
    ...dimensions,
  ]);
  return {
    dataset: object,
    segmentOf: (number) => numbers.get(number) ?? number,
    framesOf: (frame, segment) =>
      planned.flatMap((plan, index) =>
        plan.from === frame - 1 && (segment === undefined || plan.segment === numbers.get(segment))
          ? [index + 1]
          : [],
      ),
  };
}

function toLabelMap(object: Dataset, pixels: FramePixels): ConvertedSegmentation {
  const segments = object.items('SegmentSequence');
  const groups = object.items('PerFrameFunctionalGroupsSequence');
  const shared = object.item('SharedFunctionalGroupsSequence');
  const dimensions = object.items('DimensionIndexSequence');
  const isSegment = (item: Dataset) => item.number('DimensionIndexPointer') === Tag.ReferencedSegmentNumber;
  const kept = dimensions.flatMap((item, index) => (isSegment(item) ? [] : [index]));
  const segmentOfFrame = (frame: number): number => {
    const named = (groups[frame]?.item('SegmentIdentificationSequence') ??
      shared?.item('SegmentIdentificationSequence'))!;
    const number =
      named?.number('ReferencedSegmentNumber') ?? (segments.length === 1 ? numberOf(segments[0]!) : 0);
    if (number > 0) return number;
    throw objectError('OBJECT_INCOMPLETE', 'A frame does not name its segment', {
      found: `frame ${frame + 1}`,
    });
  };
  const planes = new Map<string, { readonly order: readonly number[]; readonly frames: number[] }>();
  for (let frame = 0; frame < pixels.frames; frame++) {
    const values = groups[frame]?.item('FrameContentSequence')?.numbers('DimensionIndexValues') ?? [];
    const order = kept.map((index) => values[index] ?? 0);
    const position = groups[frame]?.item('PlanePositionSequence')?.texts('ImagePositionPatient') ?? [];
    const key = [...order, ...position].join('\\');
    const plane = planes.get(key);
    if (plane === undefined) planes.set(key, { order, frames: [frame] });
    else plane.frames.push(frame);
  }
  const ordered = [...planes.values()].sort((a, b) => compare(a.order, b.order));
  const most = Math.max(...segments.map(numberOf));
  const area = pixels.rows * pixels.columns;
  const count = ordered.length * area;
  const labels = most > 255 ? new Uint16Array(count) : new Uint8Array(count + (count & 1));
  for (const [plane, { frames }] of ordered.entries()) {
    for (const frame of frames) {
      const segment = segmentOfFrame(frame);
      pixels.forEachNonZero(frame, (pixel) => {
        const at = plane * area + pixel;
        if (labels[at] !== 0 && labels[at] !== segment) {
          throw objectError('SEGMENTATION_OVERLAP', 'Overlapping segments do not fit into a label map');
        }
        labels[at] = segment;
      });
    }
  }
  const bits = labels.BYTES_PER_ELEMENT * 8;
  const groupsShared = copyOf(shared);
  groupsShared.delete('SegmentIdentificationSequence');
  object
    .set('SOPClassUID', LABEL_MAP_SEGMENTATION)
    .set('SegmentationType', 'LABELMAP')
    .set('SegmentsOverlap', 'NO')
    .set('SegmentSequence', [background(), ...segments])
    .set('NumberOfFrames', ordered.length)
    .set('BitsAllocated', bits)
    .set('BitsStored', bits)
    .set('HighBit', bits - 1)
    .set('PixelPaddingValue', 0)
    .set('PixelData', labels, bits === 8 ? 'OB' : 'OW')
    .set('SharedFunctionalGroupsSequence', groupsShared)
    .set(
      'PerFrameFunctionalGroupsSequence',
      ordered.map(({ frames }) => {
        const item = copyOf(groups[frames[0]!]);
        item.delete('SegmentIdentificationSequence');
        return withIndex(item, (values) => kept.flatMap((index) => values[index] ?? []));
      }),
    )
    .set(
      'DimensionIndexSequence',
      dimensions.filter((item) => !isSegment(item)),
    );
  const planeOf = new Map(
    ordered.flatMap(({ frames }, plane) => frames.map((frame) => [frame, plane] as const)),
  );
  return {
    dataset: object,
    segmentOf: (number) => number,
    framesOf(frame) {
      const plane = planeOf.get(frame - 1);
      return plane === undefined ? [] : [plane + 1];
    },
  };
}

const numberOf = (segment: Dataset): number => segment.number('SegmentNumber') ?? 0;

/** Replaces Dimension Index Values of a frame, PS3.3 C.7.6.16.2.2. */
function withIndex(group: Dataset, change: (values: readonly number[]) => readonly number[]): Dataset {
  const content = copyOf(group.item('FrameContentSequence'));
  const values = content.numbers('DimensionIndexValues');
  if (values.length > 0) content.set('DimensionIndexValues', [...change(values)]);
  return group.set('FrameContentSequence', content);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
