import { type Code, colourOf, propertyType, type Rgb } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import {
  type Algorithm,
  addFrameOfReference,
  algorithmItem,
  codeItem,
  declareCodingSchemes,
  limitLo,
  type ObjectContext,
  objectError,
  type SourceImages,
  sopReferenceItem,
  startObject,
  toDicomDateTime,
} from '../common/index.ts';
import type { SourceSlice } from '../common/source-images.ts';

/** RT ROI Interpreted Type (3006,00A4), PS3.3 C.8.8.8.1: those that analysis can suggest; empty where it cannot. */
export type InterpretedType = 'EXTERNAL' | 'ORGAN' | 'AVOIDANCE' | 'GTV' | 'CTV' | 'PTV' | 'SUPPORT' | '';

/** One region of interest to be written. */
export interface StructureDescription {
  /** At most 16 characters by TG-263, see `structureName`; unique in its set. */
  readonly name: string;
  readonly description?: string;
  /** What it is, e.g. `sct.lung`, for RT ROI Identification Code. */
  readonly type?: Code;
  readonly laterality?: Code;
  readonly interpretedType: InterpretedType;
  readonly generation: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
  /** Needed unless drawn by hand. */
  readonly algorithm?: Algorithm;
  /** Default: the customary colour of the type. */
  readonly colour?: Rgb;
  readonly contours: readonly StructureContour[];
}

export interface StructureContour {
  /** Slice k of the source's grid that the contour lies on. */
  readonly slice: number;
  /** LPS mm, x y z triples, the first point not repeated. */
  readonly points: Float64Array;
}

export interface StructureSetInput {
  readonly context: ObjectContext;
  /** The planning images; their frame of reference is that of the contours. */
  readonly source: SourceImages;
  readonly structures: readonly StructureDescription[];
  /** Structure Set Label (3006,0002), at most 16 characters. */
  readonly label: string;
  readonly description?: string;
  /**
   * How contours of one slice combine. `closed` (default): each is CLOSED_PLANAR, holes are keyholes. `xor`: all are
   * CLOSEDPLANAR_XOR and inner contours are holes, for planning systems that take it (PS3.3 C.8.8.6.3).
   */
  readonly combination?: 'closed' | 'xor';
}

const SH_LIMIT = 16;
/** Coordinates are written in thousandths of a millimetre: far below any voxel, and short. */
const UNITS_PER_MM = 1000;

/** x y z of all points as Decimal Strings of at most 16 characters. */
function contourData(points: Float64Array): string[] {
  const texts = new Array<string>(points.length);
  for (let index = 0; index < points.length; index++) {
    const value = Math.round(points[index]! * UNITS_PER_MM) / UNITS_PER_MM;
    texts[index] = value === 0 ? '0' : String(value);
  }
  return texts;
}

function imageItem({ reference, frame }: SourceSlice): Dataset {
  const item = sopReferenceItem(reference);
  return frame === undefined ? item : item.set('ReferencedFrameNumber', frame);
}

/** Referenced Frame of Reference Sequence (3006,0010): every image of the planning series, by study and series. */
function referencedFrame(frameOfReferenceUid: string, source: SourceImages): Dataset {
  const distinct = new Map<string, SourceSlice>();
  for (const slice of source.slices) {
    if (!distinct.has(slice.reference.sopInstanceUid)) distinct.set(slice.reference.sopInstanceUid, slice);
  }
  const first = source.slices[0]!.reference;
  return Dataset.of({
    FrameOfReferenceUID: frameOfReferenceUid,
    RTReferencedStudySequence: Dataset.of({
      ReferencedSOPClassUID: DETACHED_STUDY,
      ReferencedSOPInstanceUID: first.studyInstanceUid,
      RTReferencedSeriesSequence: Dataset.of({
        SeriesInstanceUID: first.seriesInstanceUid,
        ContourImageSequence: [...distinct.values()].map(({ reference }) => sopReferenceItem(reference)),
      }),
    }),
  });
}

/** Detached Study Management, retired and still the class of this reference: PS3.3 C.8.8.5.4. */
const DETACHED_STUDY = '1.2.840.10008.3.1.2.3.1';

function roiItem(structure: StructureDescription, number: number, frameOfReferenceUid: string): Dataset {
  const { algorithm } = structure;
  return Dataset.of({
    ROINumber: number,
    ReferencedFrameOfReferenceUID: frameOfReferenceUid,
    ROIName: limitLo(structure.name),
    ROIDescription: structure.description?.slice(0, 1024),
    ROIGenerationAlgorithm: structure.generation,
    ROIGenerationDescription:
      algorithm === undefined ? undefined : limitLo(`${algorithm.name} ${algorithm.version}`),
    ROIDerivationAlgorithmIdentificationSequence:
      algorithm === undefined ? undefined : algorithmItem(algorithm),
  });
}

function contoursItem(
  structure: StructureDescription,
  number: number,
  source: SourceImages,
  type: 'CLOSED_PLANAR' | 'CLOSEDPLANAR_XOR',
): Dataset {
  const colour = structure.colour ?? (structure.type === undefined ? undefined : colourOf(structure.type));
  const contours = structure.contours.map(({ slice, points }) => {
    const image = source.slices[slice];
    return Dataset.of({
      ContourImageSequence: image === undefined ? undefined : imageItem(image),
      ContourGeometricType: type,
      NumberOfContourPoints: points.length / 3,
      ContourData: contourData(points),
    });
  });
  return Dataset.of({
    ReferencedROINumber: number,
    ROIDisplayColor: colour,
    ContourSequence: contours.length === 0 ? undefined : contours,
  });
}

/** Item of RT ROI Observations Sequence (3006,0080), PS3.3 C.8.8.8. */
function observationItem(structure: StructureDescription, number: number): Dataset {
  const { type, laterality } = structure;
  const code = type === undefined ? undefined : codeItem(type);
  if (laterality !== undefined) {
    code?.set('SegmentedPropertyTypeModifierCodeSequence', codeItem(laterality));
  }
  const category = type === undefined ? undefined : propertyType(type)?.category;
  return Dataset.of({
    ObservationNumber: number,
    ReferencedROINumber: number,
    ROIObservationLabel: structure.name.slice(0, SH_LIMIT),
    SegmentedPropertyCategoryCodeSequence: category === undefined ? undefined : codeItem(category),
    RTROIIdentificationCodeSequence: code,
    RTROIInterpretedType: structure.interpretedType === '' ? null : structure.interpretedType,
    ROIInterpreter: null,
  });
}

function check({ structures, source, label }: StructureSetInput): void {
  const refuse = (message: string, where: string, expected?: string, found?: string) =>
    objectError('OBJECT_INPUT_INVALID', message, {
      where,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    });
  if (structures.length === 0) throw refuse('A structure set needs at least one structure', 'structures');
  if (label === '' || label.length > SH_LIMIT) {
    throw refuse('The label does not fit', 'StructureSetLabel (3006,0002)', '1 to 16 characters', label);
  }
  const names = new Set<string>();
  for (const { name, generation, algorithm, contours } of structures) {
    if (names.has(name.toLowerCase())) throw refuse('Two structures have one name', name);
    names.add(name.toLowerCase());
    if (generation !== 'MANUAL' && algorithm === undefined) {
      throw refuse('A structure that is not drawn by hand needs its algorithm', name);
    }
    for (const { slice, points } of contours) {
      const isOnGrid = Number.isInteger(slice) && slice >= 0 && slice < source.slices.length;
      if (isOnGrid && points.length >= 9 && points.length % 3 === 0 && points.every(Number.isFinite))
        continue;
      throw refuse(
        'A contour is not closed around an area, or not on an image',
        name,
        `three or more points on one of ${source.slices.length} slices`,
        `${points.length / 3} points on slice ${slice}`,
      );
    }
  }
}

/**
 * An RT Structure Set (PS3.3 A.19) on planning images. The contours lie on the slices of the images; a structure
 * without contours is kept, so that a reader sees that it was looked for. It is unapproved: a person decides.
 */
export function buildStructureSet(input: StructureSetInput): Dataset {
  const { context, source, structures, combination = 'closed' } = input;
  check(input);
  const frameOfReferenceUid = source.header.text('FrameOfReferenceUID');
  if (frameOfReferenceUid === undefined) {
    throw objectError('OBJECT_INPUT_INVALID', 'The planning images have no frame of reference', {
      where: 'FrameOfReferenceUID (0020,0052)',
    });
  }
  const object = startObject(context, UID.RTStructureSetStorage, 'RTSTRUCT');
  const { date, time } = toDicomDateTime(context.at);
  object.set('OperatorsName', null);
  addFrameOfReference(object, frameOfReferenceUid, source.header);
  object.set('StructureSetLabel', input.label);
  object.set('StructureSetName', limitLo(context.seriesDescription));
  if (input.description !== undefined)
    object.set('StructureSetDescription', input.description.slice(0, 1024));
  object.set('StructureSetDate', date);
  object.set('StructureSetTime', time);
  object.set('ReferencedFrameOfReferenceSequence', referencedFrame(frameOfReferenceUid, source));
  const each = (item: (structure: StructureDescription, number: number) => Dataset) =>
    structures.map((structure, index) => item(structure, index + 1));
  const type = combination === 'xor' ? 'CLOSEDPLANAR_XOR' : 'CLOSED_PLANAR';
  object.set(
    'StructureSetROISequence',
    each((structure, number) => roiItem(structure, number, frameOfReferenceUid)),
  );
  object.set(
    'ROIContourSequence',
    each((structure, number) => contoursItem(structure, number, source, type)),
  );
  object.set('RTROIObservationsSequence', each(observationItem));
  // Approval, PS3.3 C.8.8.16.
  object.set('ApprovalStatus', 'UNAPPROVED');
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}

/** Longest value that a 16-bit length can say, PS3.5 7.1.2. */
const SHORT_LENGTH = 0xfffe;

/**
 * The transfer syntax to write a structure set in: Explicit VR Little Endian, or Implicit where a contour has more
 * coordinates than an explicit VR can hold. It would have to be written as UN (PS3.5 6.2.2), which many readers do not
 * take for numbers.
 */
export function structureSetSyntax(dataset: Dataset): string {
  for (const item of dataset.items('ROIContourSequence')) {
    for (const contour of item.items('ContourSequence')) {
      const texts = contour.texts('ContourData');
      const length = texts.reduce((sum, text) => sum + text.length + 1, 0);
      if (length > SHORT_LENGTH) return UID.ImplicitVRLittleEndian;
    }
  }
  return UID.ExplicitVRLittleEndian;
}
