import { Dataset, type DatasetValues, formatDecimalString, UID } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { exp, log } from '../../shared/exact-math.ts';
import { dateOf, dateTimeOf, timeOf } from '../../shared/local-time.ts';
import { tracers } from '../tracers.ts';
import type { PetctTruth } from '../truth.ts';
import type { PlannedInstance } from './instance.ts';
import { code, type Study } from './study.ts';
import { type Bed, PHILIPS_ACTIVITY_FACTOR, type Vendor } from './vendors.ts';

/** Axial length that one bed position adds, mm. */
const BED_STEP_MM = 130;
/** Seconds that the table needs to the next bed. */
const MOVE_SECONDS = 3;
/** Largest stored value of a slice; the slope of each slice follows from its hottest voxel. */
const STORED_MAX = 32767;
const LN2 = Math.LN2;

export interface PetSeriesOptions {
  readonly role: 'pet' | 'nac';
  readonly volume: Volume<Float32Array>;
  /** START: values at the reference time of the series (as in the volume); ADMIN: at the injection. */
  readonly decayCorrection: 'START' | 'ADMIN';
}

/** Bed of a slice counted from the thighs, as most sites scan (the bladder fills while they wait). */
function bedOf(volume: Volume, slice: number, vendor: Vendor): Bed {
  const index = Math.floor((slice * volume.spacingMm[2]) / BED_STEP_MM);
  return {
    index,
    startSeconds: index * (vendor.bedSeconds + MOVE_SECONDS),
    durationSeconds: vendor.bedSeconds,
  };
}

/** Mean time of decay within a frame: ln(λT / (1 − e^(−λT))) / λ, seconds. */
function meanDecayTime(halfLifeSeconds: number, durationSeconds: number): number {
  const lambda = LN2 / halfLifeSeconds;
  const lt = lambda * durationSeconds;
  return log(lt / (1 - exp(-lt))) / lambda;
}

/** What scanners write of the tracer. */
function tracerNames(tracer: PetctTruth['tracer'], vendor: Vendor): DatasetValues {
  if (tracer === undefined)
    return {
      Radiopharmaceutical: vendor.pet.signed ? 'FDG -- fluorodeoxyglucose' : 'Fluorodeoxyglucose',
      RadionuclidePositronFraction: 0.97,
      RadionuclideCodeSequence: code('C-111A1', 'SRT', '^18^Fluorine'),
      RadiopharmaceuticalCodeSequence: code('C-B1031', 'SRT', 'Fluorodeoxyglucose F^18^'),
    };
  const { name, code: coded, radionuclide, positronFraction } = tracers[tracer];
  return {
    Radiopharmaceutical: name,
    RadionuclidePositronFraction: positronFraction,
    RadionuclideCodeSequence: code(radionuclide.value, radionuclide.scheme, radionuclide.meaning),
    // A tracer without a code of the standard has none here either, as at many sites.
    ...(coded === undefined
      ? {}
      : { RadiopharmaceuticalCodeSequence: code(coded.value, coded.scheme, coded.meaning) }),
  };
}

function radiopharmaceutical({ phantom, timeline }: Study, vendor: Vendor): Dataset {
  const { injectedBq, halfLifeSeconds } = phantom.truth.dose;
  return Dataset.of({
    ...tracerNames(phantom.truth.tracer, vendor),
    RadiopharmaceuticalVolume: 0,
    RadiopharmaceuticalStartTime: timeOf(timeline.injection, vendor.timeDigits),
    RadiopharmaceuticalStartDateTime:
      vendor.timeDigits === 2 ? undefined : dateTimeOf(timeline.injection, vendor.timeDigits),
    RadionuclideTotalDose: injectedBq,
    RadionuclideHalfLife: halfLifeSeconds,
    AdministrationRouteCodeSequence: code('G-D101', 'SRT', 'Intravenous route'),
  });
}

/** A PET series, one instance per slice, each with its own slope. */
export function* petSeries(
  study: Study,
  vendor: Vendor,
  { role, volume, decayCorrection }: PetSeriesOptions,
): Generator<PlannedInstance> {
  const { phantom, timeline, uid } = study;
  const { dose, style } = phantom.truth;
  const corrected = role === 'pet';
  const units = corrected ? (style === 'philips' ? 'CNTS' : 'BQML') : vendor.pet.nacUnits;
  const { AttenuationCorrectionMethod, ScatterCorrectionMethod, ...methods } = vendor.pet.attributes;
  const admin = decayCorrection === 'ADMIN' ? exp((LN2 * dose.uptakeSeconds) / dose.halfLifeSeconds) : 1;
  const scale = admin / (units === 'CNTS' ? PHILIPS_ACTIVITY_FACTOR : 1);
  const seriesUid = uid('series', role);
  const [width, height, count] = volume.size;
  const pixels = width * height;
  const shared: DatasetValues = {
    ...study.common,
    ...vendor.equipment,
    ...methods,
    ...(corrected ? { AttenuationCorrectionMethod, ScatterCorrectionMethod } : {}),
    ImageType: vendor.pet.imageType,
    SOPClassUID: UID.PositronEmissionTomographyImageStorage,
    Modality: 'PT',
    SeriesInstanceUID: seriesUid,
    SeriesNumber: vendor.numbers[role],
    SeriesDescription: vendor.descriptions[role],
    SeriesDate: dateOf(timeline.pet),
    SeriesTime: timeOf(timeline.pet, vendor.timeDigits),
    BodyPartExamined: 'WHOLEBODY',
    FrameOfReferenceUID: study.frameOfReference.pet,
    SliceThickness: volume.spacingMm[2],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: height,
    Columns: width,
    PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: vendor.pet.signed ? 1 : 0,
    RescaleIntercept: 0,
    LossyImageCompression: '00',
    CorrectedImage: vendor.pet.correctedImage.filter(
      (name) => corrected || (name !== 'ATTN' && name !== 'SCAT'),
    ),
    RadiopharmaceuticalInformationSequence: radiopharmaceutical(study, vendor),
    PatientOrientationCodeSequence: Dataset.of({
      CodeValue: 'F-10450',
      CodingSchemeDesignator: 'SRT',
      CodeMeaning: 'recumbent',
      PatientOrientationModifierCodeSequence: code('F-10340', 'SRT', 'supine'),
    }),
    PatientGantryRelationshipCodeSequence: code('F-10470', 'SRT', 'headfirst'),
    SeriesType: ['WHOLE BODY', 'IMAGE'],
    Units: units,
    CountsSource: 'EMISSION',
    DecayCorrection: decayCorrection,
    NumberOfSlices: count,
  };
  for (let index = 0; index < count; index++) {
    const k = vendor.headFirst ? count - 1 - index : index;
    const bed = bedOf(volume, k, vendor);
    const acquired = timeline.pet + (vendor.pet.acquisitionTimePerBed ? bed.startSeconds : 0);
    const mean = meanDecayTime(dose.halfLifeSeconds, bed.durationSeconds);
    const plane = volume.data.subarray(k * pixels, (k + 1) * pixels);
    const { slope, stored } = quantize(plane, scale);
    const sopUid = uid('instance', role, k);
    const z = volume.origin[2] + k * volume.spacingMm[2];
    const dataset = Dataset.of({
      ...shared,
      SOPInstanceUID: sopUid,
      InstanceNumber: index + 1,
      ImageIndex: index + 1,
      AcquisitionDate: dateOf(acquired),
      AcquisitionTime: timeOf(acquired, vendor.timeDigits),
      ContentDate: dateOf(acquired),
      ContentTime: timeOf(acquired, vendor.timeDigits),
      ImagePositionPatient: [volume.origin[0], volume.origin[1], z],
      SliceLocation: z,
      FrameReferenceTime: (bed.startSeconds + mean) * 1000,
      ActualFrameDuration: bed.durationSeconds * 1000,
      DecayFactor: exp((LN2 * (bed.startSeconds + mean)) / dose.halfLifeSeconds) * admin,
      DoseCalibrationFactor: 1,
      ScatterFractionFactor: corrected ? 0.3 : undefined,
      RescaleSlope: slope,
      SmallestImagePixelValue: 0,
      LargestImagePixelValue: STORED_MAX,
      PixelData: stored,
    });
    if (corrected) vendor.privatePet(dataset, study, bed);
    yield { role, seriesInstanceUid: seriesUid, sopInstanceUid: sopUid, number: index + 1, dataset };
  }
}

/** Stored values of a slice and their slope, which is what its DS text says. */
function quantize(plane: Float32Array, scale: number): { slope: string; stored: Int16Array } {
  const hottest = plane.reduce((most, value) => Math.max(most, value), 0) * scale;
  const slope = formatDecimalString(Number(Math.max(hottest / STORED_MAX, 1e-6).toPrecision(8)))!;
  const factor = scale / Number(slope);
  const stored = Int16Array.from(plane, (value) =>
    Math.max(0, Math.min(STORED_MAX, Math.round(value * factor))),
  );
  return { slope, stored };
}
