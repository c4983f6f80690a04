import { type Dataset, keywordOf, Tag } from '../../data/index.ts';
import type { Report } from '../problem.ts';
import { checkOrientation, checkSpacing } from './pixels.ts';

const SECTION = 'PS3.3 C.8.20.2 Segmentation Image';
const FUNCTIONAL_GROUPS = 'PS3.3 C.7.6.16 Multi-frame Functional Groups';
const DIMENSIONS = 'PS3.3 C.7.6.17 Multi-frame Dimension';

function checkNumbers(object: Dataset, report: Report): ReadonlySet<number> {
  const numbers = object.items('SegmentSequence').map((item) => item.number('SegmentNumber') ?? -1);
  const isLabelMap = object.text('SegmentationType') === 'LABELMAP';
  const inOrder = numbers.every((number, index) =>
    isLabelMap ? index === 0 || number > numbers[index - 1]! : number === index + 1,
  );
  if (!inOrder) {
    report({
      code: 'SEGMENT_INCONSISTENT',
      where: 'SegmentSequence',
      message: isLabelMap ? 'segment numbers must ascend' : 'segment numbers must run from 1 without gaps',
      section: SECTION,
    });
  }
  return new Set(numbers);
}

function checkBits(object: Dataset, report: Report): void {
  const type = object.text('SegmentationType');
  const bits = object.number('BitsAllocated');
  const allowed = type === 'BINARY' ? [1, 8] : type === 'FRACTIONAL' ? [8] : [8, 16];
  if (bits !== undefined && type !== undefined && !allowed.includes(bits)) {
    report({
      code: 'SEGMENT_INCONSISTENT',
      where: 'BitsAllocated',
      message: `${type} segmentations have ${allowed.join(' or ')} bits`,
      section: SECTION,
    });
  }
}

/** Each frame points to a segment that is there, has a position, and one index for each dimension. */
function checkFrames(object: Dataset, segments: ReadonlySet<number>, report: Report): void {
  const frames = object.items('PerFrameFunctionalGroupsSequence');
  const shared = object.item('SharedFunctionalGroupsSequence');
  const count = object.number('NumberOfFrames');
  if (count !== undefined && frames.length !== count) {
    report({
      code: 'SEGMENT_INCONSISTENT',
      where: 'PerFrameFunctionalGroupsSequence',
      message: `has ${frames.length} items for ${count} frames`,
      section: FUNCTIONAL_GROUPS,
    });
  }
  const dimensions = object.items('DimensionIndexSequence').length;
  const isLabelMap = object.text('SegmentationType') === 'LABELMAP';
  const inPatientSpace = object.has('FrameOfReferenceUID') && !isSlide(object);
  for (const [index, frame] of frames.entries()) {
    const where = `PerFrameFunctionalGroupsSequence[${index + 1}]`;
    const segment = (
      frame.item('SegmentIdentificationSequence') ?? shared?.item('SegmentIdentificationSequence')
    )?.number('ReferencedSegmentNumber');
    if (!isLabelMap && (segment === undefined || !segments.has(segment))) {
      report({
        code: 'SEGMENT_INCONSISTENT',
        where: `${where}.SegmentIdentificationSequence`,
        message:
          segment === undefined
            ? 'the frame names no segment'
            : 'the frame names a segment that is not there',
        section: 'PS3.3 C.8.20.3.1 Segment Identification',
      });
    }
    if (
      inPatientSpace &&
      !frame.has('PlanePositionSequence') &&
      shared?.has('PlanePositionSequence') !== true
    ) {
      report({
        code: 'SEGMENT_INCONSISTENT',
        where: `${where}.PlanePositionSequence`,
        message: 'the frame has no position',
        section: 'PS3.3 C.7.6.16.2.3 Plane Position (Patient)',
      });
    }
    const values = frame.item('FrameContentSequence')?.numbers('DimensionIndexValues') ?? [];
    if (values.length !== dimensions || values.some((value) => !(value >= 1))) {
      report({
        code: 'SEGMENT_INCONSISTENT',
        where: `${where}.FrameContentSequence[1].DimensionIndexValues`,
        message: `there must be one index from 1 on for each of ${dimensions} dimensions`,
        section: DIMENSIONS,
      });
    }
  }
}

/** Slide coordinates are another space (PS3.3 C.8.12.6). */
const isSlide = (object: Dataset) =>
  object.has('TotalPixelMatrixOriginSequence') ||
  object.text('DimensionOrganizationType')?.startsWith('TILED') === true;

function checkDimensions(object: Dataset, report: Report): void {
  const organizations = new Set(
    object
      .items('DimensionOrganizationSequence')
      .flatMap((item) => item.text('DimensionOrganizationUID') ?? []),
  );
  for (const [index, item] of object.items('DimensionIndexSequence').entries()) {
    const uid = item.text('DimensionOrganizationUID');
    const pointer = item.number('DimensionIndexPointer');
    if (uid !== undefined && !organizations.has(uid)) {
      report({
        code: 'SEGMENT_INCONSISTENT',
        where: `DimensionIndexSequence[${index + 1}].DimensionOrganizationUID`,
        message: 'is not among the dimension organizations',
        section: DIMENSIONS,
      });
    }
    if (pointer !== undefined && keywordOf(pointer) === undefined && (pointer & 0x10000) === 0) {
      report({
        code: 'SEGMENT_INCONSISTENT',
        where: `DimensionIndexSequence[${index + 1}].DimensionIndexPointer`,
        message: 'points to an attribute that does not exist',
        section: DIMENSIONS,
      });
    }
  }
}

/** What the tables cannot say about a segmentation. */
export function checkSegmentation(object: Dataset, report: Report): void {
  const segments = checkNumbers(object, report);
  checkBits(object, report);
  checkFrames(object, segments, report);
  checkDimensions(object, report);
  const shared = object.item('SharedFunctionalGroupsSequence');
  const path = 'SharedFunctionalGroupsSequence[1].';
  checkSpacing(shared?.item('PixelMeasuresSequence'), `${path}PixelMeasuresSequence[1].`, report);
  checkOrientation(shared?.item('PlaneOrientationSequence'), `${path}PlaneOrientationSequence[1].`, report);
  if (object.element(Tag.ImageType)?.texts().length !== 2) {
    report({
      code: 'SEGMENT_INCONSISTENT',
      where: 'ImageType',
      message: 'a segmentation is exactly DERIVED\\PRIMARY',
      section: SECTION,
    });
  }
}
