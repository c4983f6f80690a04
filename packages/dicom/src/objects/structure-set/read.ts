import type { Rgb } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { objectError, readCode } from '../common/index.ts';
import type { Contour, StructureRoi, StructureSet } from './structure.ts';

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

const POINT_TOLERANCE_MM = 1e-6;

/** x y z triples without a repeated end point; what is not a number ends the contour. */
function readPoints(item: Dataset, note: (finding: string) => void): Float64Array {
  const values = item.numbers('ContourData');
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const usable = bad < 0 ? values : values.slice(0, bad);
  if (bad >= 0) note('a contour has coordinates that are not numbers');
  if (usable.length % 3 !== 0) note('a contour has an incomplete point');
  let length = usable.length - (usable.length % 3);
  const declared = item.number('NumberOfContourPoints');
  if (declared !== undefined && declared * 3 !== length)
    note('a contour has another number of points than declared');
  const isClosing =
    length > 9 &&
    [0, 1, 2].every((axis) => Math.abs(usable[axis]! - usable[length - 3 + axis]!) < POINT_TOLERANCE_MM);
  if (isClosing) length -= 3;
  return Float64Array.from(usable.slice(0, length));
}

function readContour(item: Dataset, note: (finding: string) => void): Contour {
  return {
    type: item.text('ContourGeometricType') ?? 'CLOSED_PLANAR',
    points: readPoints(item, note),
    images: item
      .items('ContourImageSequence')
      .flatMap((image) => image.text('ReferencedSOPInstanceUID') ?? []),
  };
}

/**
 * The contours without exact repetitions: some writers export a contour twice, and by the even-odd rule the two would
 * cancel each other.
 */
function distinct(contours: readonly Contour[], note: (finding: string) => void): readonly Contour[] {
  const seen = new Set<string>();
  const kept = contours.filter(({ type, points }) => {
    const key = `${type} ${points.join(' ')}`;
    if (points.length > 0 && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (kept.length < contours.length) note('a contour is there twice; it counts once');
  const enclosesNothing = kept.some(({ type, points }) => !type.startsWith('CLOSED') && points.length > 3);
  if (enclosesNothing) note('an open contour encloses nothing');
  return kept;
}

/**
 * Reads an RT Structure Set of any writer. Regions are joined by ROI Number; contours of a number that no region
 * has, regions without contours, and repeated end points are all met in the field.
 */
export function readStructureSet(object: Dataset): StructureSet {
  const sopClass = object.text('SOPClassUID');
  if (sopClass !== UID.RTStructureSetStorage) {
    throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is not an RT Structure Set', {
      expected: UID.RTStructureSetStorage,
      found: sopClass ?? 'no SOP class',
    });
  }
  const findings = new Set<string>();
  const note = (finding: string) => void findings.add(finding);
  const contourItems = new Map<number, Dataset[]>();
  for (const item of object.items('ROIContourSequence')) {
    const number = item.number('ReferencedROINumber');
    if (number === undefined) findings.add('contours name no region');
    else contourItems.set(number, [...(contourItems.get(number) ?? []), item]);
  }
  const observations = new Map(
    object
      .items('RTROIObservationsSequence')
      .map((item) => [item.number('ReferencedROINumber'), item] as const),
  );
  const rois = object.items('StructureSetROISequence').map((item): StructureRoi => {
    const number = item.number('ROINumber') ?? 0;
    const holders = contourItems.get(number) ?? [];
    contourItems.delete(number);
    const colour = holders.map((holder) => holder.numbers('ROIDisplayColor')).find((rgb) => rgb.length === 3);
    const observation = observations.get(number);
    const code =
      observation === undefined ? undefined : readCode(observation, 'RTROIIdentificationCodeSequence');
    const name = item.text('ROIName') ?? observation?.text('ROIObservationLabel') ?? `ROI ${number}`;
    return {
      number,
      name,
      ...optional('frameOfReferenceUid', item.text('ReferencedFrameOfReferenceUID')),
      ...optional('colour', colour as Rgb | undefined),
      ...optional('generationAlgorithm', item.text('ROIGenerationAlgorithm')),
      ...optional('interpretedType', observation?.text('RTROIInterpretedType')),
      ...optional('code', code),
      contours: distinct(
        holders.flatMap((holder) =>
          holder.items('ContourSequence').map((contour) => readContour(contour, note)),
        ),
        note,
      ),
    };
  });
  if (contourItems.size > 0) findings.add('contours refer to a region that is not listed');
  const frames = object.items('ReferencedFrameOfReferenceSequence');
  const series = frames
    .flatMap((frame) => frame.items('RTReferencedStudySequence'))
    .flatMap((study) => study.items('RTReferencedSeriesSequence'));
  const frameUids = [
    ...frames.map((frame) => frame.text('FrameOfReferenceUID')),
    ...rois.map((roi) => roi.frameOfReferenceUid),
    object.text('FrameOfReferenceUID'),
  ];
  return {
    label: object.text('StructureSetLabel') ?? '',
    sopInstanceUid: object.text('SOPInstanceUID') ?? '',
    studyInstanceUid: object.text('StudyInstanceUID') ?? '',
    frameOfReferenceUids: [...new Set(frameUids.filter((uid) => uid !== undefined))],
    seriesInstanceUids: [...new Set(series.flatMap((item) => item.text('SeriesInstanceUID') ?? []))],
    rois,
    findings: [...findings],
  };
}
