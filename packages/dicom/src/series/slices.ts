import type { Vec3 } from '@photopeak/imaging';
import { type Dataset, type Key, Tag, UID } from '../data/index.ts';
import { functionalGroups } from './functional-groups.ts';
import type { Instance } from './instance.ts';
import { nuclearFrames } from './nuclear-medicine.ts';
import { orientationOf, spacingOf } from './plane.ts';
import { realWorldMapping, rescaleOf } from './real-world.ts';
import { along, cross, vec3 } from './vector.ts';

/** One frame of an instance as a plane in space. */
export interface Slice {
  readonly instance: Instance;
  /** Frame of the instance, counted from 0. */
  readonly frame: number;
  readonly rows: number;
  readonly columns: number;
  /** LPS mm of the centre of the first voxel (0020,0032). */
  readonly position: Vec3 | undefined;
  /** Unit vectors along a row (to the next column) and along a column (to the next row), (0020,0037). */
  readonly orientation: readonly [row: Vec3, column: Vec3] | undefined;
  /** Distance between rows and between columns in mm (0028,0030). */
  readonly pixelSpacing: readonly [betweenRows: number, betweenColumns: number] | undefined;
  readonly sliceThickness: number | undefined;
  readonly spacingBetweenSlices: number | undefined;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  /** UCUM unit of the rescaled values where a Real World Value Mapping names it. */
  readonly unit: string | undefined;
  /** Attributes that tell stacks of one series apart when positions coincide, by name. */
  readonly marks: Readonly<Record<string, string>>;
  /** Position or orientation was not in the file and a conventional one stands in. */
  readonly assumed: boolean;
  /** Date-time of the acquisition of this frame, DICOM DT or joined DA and TM. */
  readonly acquisition: { readonly dateTime: string | undefined; readonly durationMs: number | undefined };
}

/** Attributes that separate stacks, in the order in which they are tried. */
const markAttributes: readonly (readonly [name: string, key: Key])[] = [
  ['temporal position', Tag.TemporalPositionIdentifier],
  ['echo', Tag.EchoNumbers],
  ['echo time', Tag.EchoTime],
  ['b-value', Tag.DiffusionBValue],
  ['cardiac phase', Tag.NominalPercentageOfCardiacPhase],
  ['trigger time', Tag.TriggerTime],
  ['acquisition', Tag.AcquisitionNumber],
  ['kernel', Tag.ConvolutionKernel],
  ['frame reference time', Tag.FrameReferenceTime],
  ['acquisition time', Tag.AcquisitionTime],
];

/** b-values that older scanners keep in private elements. */
function privateBValue(dataset: Dataset): number | undefined {
  return (
    dataset.privateNumber(0x0019, 'SIEMENS MR HEADER', 0x0c) ??
    dataset.privateNumber(0x2001, 'Philips Imaging DD 001', 0x03) ??
    dataset.privateNumber(0x0043, 'GEMS_PARM_01', 0x39)
  );
}

function marksOf(dataset: Dataset): Record<string, string> {
  const marks: Record<string, string> = {};
  for (const [name, key] of markAttributes) {
    const value = dataset.texts(key).join('\\');
    if (value !== '') marks[name] = value;
  }
  const gradient = dataset.texts(Tag.DiffusionGradientOrientation).join('\\');
  if (gradient !== '') marks.gradient = gradient;
  if (marks['b-value'] === undefined) {
    const value = privateBValue(dataset);
    if (value !== undefined) marks['b-value'] = String(value);
  }
  return marks;
}

/** The frames of an instance with their places; empty for objects that are not images. */
export function slicesOf(instance: Instance): readonly Slice[] {
  const { dataset } = instance;
  const rows = dataset.number('Rows');
  const columns = dataset.number('Columns');
  if (rows === undefined || columns === undefined) return [];
  const frames = Math.max(1, Math.min(dataset.number('NumberOfFrames') ?? 1, 100_000));
  const common: Slice = {
    instance,
    frame: 0,
    rows,
    columns,
    position: vec3(dataset.numbers('ImagePositionPatient')),
    orientation: orientationOf(dataset.numbers('ImageOrientationPatient')),
    pixelSpacing: spacingOf(dataset.numbers('PixelSpacing')),
    sliceThickness: dataset.number('SliceThickness'),
    spacingBetweenSlices: dataset.number('SpacingBetweenSlices'),
    ...rescaleOf(
      {
        slope: dataset.number('RescaleSlope') ?? dataset.number('DoseGridScaling'),
        intercept: dataset.number('RescaleIntercept'),
      },
      realWorldMapping(dataset),
    ),
    marks: marksOf(dataset),
    assumed: false,
    acquisition: { dateTime: undefined, durationMs: dataset.number('ActualFrameDuration') },
  };
  if (dataset.has(Tag.PerFrameFunctionalGroupsSequence) || dataset.has(Tag.SharedFunctionalGroupsSequence)) {
    return functionalGroups(common, frames);
  }
  if (instance.sopClassUid === UID.NuclearMedicineImageStorage) return nuclearFrames(common, frames);
  if (frames === 1) return [common];
  const offsets = dataset.numbers('GridFrameOffsetVector');
  if (offsets.length === frames) return gridFrames(common, offsets);
  return Array.from({ length: frames }, (_, frame) => ({ ...common, frame, position: undefined }));
}

/** RT Dose: planes at offsets along the normal from the first (PS3.3 C.8.8.3.2); absolute z if the first is not 0. */
function gridFrames(common: Slice, offsets: readonly number[]): Slice[] {
  const { position, orientation } = common;
  return offsets.map((offset, frame) => {
    if (position === undefined || orientation === undefined) return { ...common, frame };
    const normal = cross(orientation[0], orientation[1]);
    return { ...common, frame, position: along(position, normal, offset - offsets[0]!) };
  });
}
