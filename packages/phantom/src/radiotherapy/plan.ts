import {
  buildStructureSet,
  Dataset,
  type ObjectContext,
  referenceTo,
  type StructureDescription,
  sct,
  sourceImages,
  UID,
  uidFrom,
} from '@photopeak/dicom';
import { type Grid, PhotopeakError, toWorld, type Vec3 } from '@photopeak/imaging';
import { cos, PI, sin, square } from '../shared/exact-math.ts';

/** A ball that is treated. */
export interface PlanTarget {
  readonly name: string;
  /** LPS mm in the frame of the planning CT. */
  readonly centerMm: Vec3;
  readonly radiusMm: number;
}

export interface PlanOptions {
  /** Headers of the planning CT in the order of the slices of its grid. */
  readonly ctHeaders: readonly Dataset[];
  readonly ctGrid: Grid;
  readonly targets: readonly PlanTarget[];
  /** Dose in the middle of the first target, Gy. Default 60. */
  readonly prescriptionGy?: number;
  /** Default 16 bit; planning systems write both. */
  readonly bits?: 16 | 32;
}

/** The plan of a phantom and what is known of it. */
export interface PhantomPlan {
  readonly structureSet: Dataset;
  readonly dose: Dataset;
  readonly truth: PlanTruth;
}

/**
 * The dose of the plan: it falls from the middle of the first target as D(r) = D₀ / (1 + (r / L)²), so that within a
 * ball around that middle the share of the volume that gets at least D is (r(D) / R)³.
 */
export interface PlanTruth {
  readonly centerMm: Vec3;
  readonly prescriptionGy: number;
  /** L. */
  readonly lengthMm: number;
  readonly targets: readonly PlanTarget[];
}

const PRESCRIPTION_GY = 60;
const DOSE_SPACING_MM = 2.5;
/** The dose grid reaches so many target radii from the middle. */
const REACH_RADII = 2;
const CORNERS = 72;

/** Dose at a point of the planning CT, Gy. */
export function planDoseAt({ centerMm, prescriptionGy, lengthMm }: PlanTruth, point: Vec3): number {
  const r2 = [0, 1, 2].reduce((sum, axis) => sum + square(point[axis]! - centerMm[axis]!), 0);
  return prescriptionGy / (1 + r2 / square(lengthMm));
}

/**
 * Structures and dose of a simple plan on a phantom's CT: each target is a ball, drawn as circles on the slices, and
 * the dose falls evenly from the first. Same options, same bytes.
 */
export function phantomPlan(options: PlanOptions): PhantomPlan {
  const { ctHeaders, ctGrid, targets, prescriptionGy = PRESCRIPTION_GY } = options;
  const first = targets[0];
  if (first === undefined) {
    throw new PhotopeakError('A plan needs a target', {
      code: 'PHANTOM_OPTION_INVALID',
      where: 'targets',
      expected: 'at least one',
      found: 'none',
      remedy: 'make the phantom with a lesion',
    });
  }
  const truth: PlanTruth = {
    centerMm: first.centerMm,
    prescriptionGy,
    lengthMm: 2 * first.radiusMm,
    targets,
  };
  const source = sourceImages(ctGrid, ctHeaders);
  const structureSet = buildStructureSet({
    context: context(source.header, 'structures', 901),
    source,
    structures: targets.map(
      (target): StructureDescription => ({
        name: target.name,
        type: sct.neoplasm,
        interpretedType: 'GTV',
        generation: 'MANUAL',
        colour: [255, 0, 0],
        contours: circles(target, ctGrid),
      }),
    ),
    label: 'PLAN',
    description: 'Computed phantom plan',
  });
  return { structureSet, dose: doseObject(options, truth, structureSet), truth };
}

function context(source: Dataset, what: string, seriesNumber: number): ObjectContext {
  const study = source.text('StudyInstanceUID') ?? '';
  return {
    source,
    equipment: {
      manufacturer: 'PHANTOM PLANNING',
      model: 'Computed plan',
      deviceSerialNumber: '0',
      softwareVersions: '1',
    },
    seriesInstanceUid: uidFrom('photopeak/phantom/plan', study, what, 'series'),
    sopInstanceUid: uidFrom('photopeak/phantom/plan', study, what, 'instance'),
    seriesNumber,
    seriesDescription: `Plan ${what}`,
    at: atOf(source),
  };
}

/** The day of the study, at noon. */
function atOf(source: Dataset): string {
  const date = source.text('StudyDate') ?? '20250101';
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}T12:00:00`;
}

/** Polygons of the area that each slab of the ball has, on the slices of the grid. */
function circles({ centerMm, radiusMm }: PlanTarget, grid: Grid) {
  const half = grid.spacingMm[2] / 2;
  const contours: { slice: number; points: Float64Array }[] = [];
  // A regular polygon of this radius has the area of the circle of radius one.
  const fullness = Math.sqrt(PI / ((CORNERS / 2) * sin((2 * PI) / CORNERS)));
  for (let slice = 0; slice < grid.size[2]; slice++) {
    const z = toWorld(grid, [0, 0, slice])[2];
    const low = Math.max(-radiusMm, z - half - centerMm[2]);
    const high = Math.min(radiusMm, z + half - centerMm[2]);
    if (high <= low) continue;
    // Mean of R² − z² over the slab, which may hold the pole.
    const mean =
      (square(radiusMm) * (high - low) - (high * square(high) - low * square(low)) / 3) / (2 * half);
    const radius = Math.sqrt(mean) * fullness;
    const points = new Float64Array(3 * CORNERS);
    for (let n = 0; n < CORNERS; n++) {
      const angle = (2 * PI * n) / CORNERS;
      points.set([centerMm[0] + radius * cos(angle), centerMm[1] + radius * sin(angle), z], 3 * n);
    }
    contours.push({ slice, points });
  }
  return contours;
}

/** RT Dose, PS3.3 A.18.3, on a grid of its own around the first target. */
function doseObject({ bits = 16 }: PlanOptions, truth: PlanTruth, structureSet: Dataset): Dataset {
  const source = structureSet;
  const reach = REACH_RADII * truth.lengthMm;
  const count = Math.ceil((2 * reach) / DOSE_SPACING_MM) + 1;
  const origin = truth.centerMm.map((mm) => Math.round((mm - reach) * 1000) / 1000) as unknown as Vec3;
  const most = bits === 16 ? 60_000 : 4e9;
  const scaling = truth.prescriptionGy / most;
  const values = bits === 16 ? new Uint16Array(count ** 3) : new Uint32Array(count ** 3);
  for (let k = 0, at = 0; k < count; k++)
    for (let j = 0; j < count; j++)
      for (let i = 0; i < count; i++) {
        const point: Vec3 = [
          origin[0] + i * DOSE_SPACING_MM,
          origin[1] + j * DOSE_SPACING_MM,
          origin[2] + k * DOSE_SPACING_MM,
        ];
        values[at++] = Math.round(planDoseAt(truth, point) / scaling);
      }
  const { seriesInstanceUid, sopInstanceUid } = context(source, 'dose', 902);
  const dose = new Dataset();
  dose.copyFrom(source, [
    'SpecificCharacterSet',
    'PatientName',
    'PatientID',
    'PatientBirthDate',
    'PatientSex',
    'PatientComments',
    'QualityControlSubject',
    'StudyInstanceUID',
    'StudyDate',
    'StudyTime',
    'StudyID',
    'StudyDescription',
    'AccessionNumber',
    'ReferringPhysicianName',
    'Manufacturer',
    'ManufacturerModelName',
    'OperatorsName',
    'FrameOfReferenceUID',
    'PositionReferenceIndicator',
    'InstanceCreationDate',
    'InstanceCreationTime',
  ]);
  const reference = referenceTo(structureSet);
  for (const [keyword, value] of Object.entries({
    SOPClassUID: UID.RTDoseStorage,
    SOPInstanceUID: sopInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    Modality: 'RTDOSE',
    SeriesNumber: 902,
    SeriesDescription: 'Plan dose',
    InstanceNumber: 1,
    ImagePositionPatient: origin,
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [DOSE_SPACING_MM, DOSE_SPACING_MM],
    SliceThickness: DOSE_SPACING_MM,
    NumberOfFrames: count,
    FrameIncrementPointer: [0x3004000c],
    GridFrameOffsetVector: Array.from({ length: count }, (_, k) => k * DOSE_SPACING_MM),
    Rows: count,
    Columns: count,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: 0,
    DoseUnits: 'GY',
    DoseType: 'PHYSICAL',
    DoseSummationType: 'PLAN',
    DoseGridScaling: scaling,
    TissueHeterogeneityCorrection: 'IMAGE',
    // PS3.3 C.8.8.3 demands the plan of a PLAN dose; the phantom has none but its name.
    ReferencedRTPlanSequence: Dataset.of({
      ReferencedSOPClassUID: UID.RTPlanStorage,
      ReferencedSOPInstanceUID: context(source, 'plan', 903).sopInstanceUid,
    }),
    ReferencedStructureSetSequence: Dataset.of({
      ReferencedSOPClassUID: reference.sopClassUid,
      ReferencedSOPInstanceUID: reference.sopInstanceUid,
    }),
    DVHSequence: targetHistogram(truth),
  })) {
    dose.set(keyword as 'Rows', value as number);
  }
  dose.set('PixelData', bits === 16 ? (values as Uint16Array) : new Uint8Array(values.buffer), 'OW');
  return dose;
}

const HISTOGRAM_BINS = 240;

/** The cumulative histogram of the first target in its closed form. */
function targetHistogram({ prescriptionGy, lengthMm, targets }: PlanTruth): Dataset {
  const radius = targets[0]!.radiusMm;
  const binGy = prescriptionGy / HISTOGRAM_BINS;
  const total = ((4 / 3) * PI * radius * square(radius)) / 1000;
  const data: number[] = [];
  for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
    const gy = bin * binGy;
    const reach = gy === 0 ? radius : Math.min(radius, lengthMm * Math.sqrt(prescriptionGy / gy - 1));
    const share = (reach / radius) * square(reach / radius);
    data.push(Number(binGy.toFixed(6)), Number((share * total).toFixed(6)));
  }
  return Dataset.of({
    DVHReferencedROISequence: Dataset.of({ ReferencedROINumber: 1, DVHROIContributionType: 'INCLUDED' }),
    DVHType: 'CUMULATIVE',
    DoseUnits: 'GY',
    DoseType: 'PHYSICAL',
    DVHDoseScaling: 1,
    DVHVolumeUnits: 'CM3',
    DVHNumberOfBins: HISTOGRAM_BINS,
    DVHData: data,
  });
}
