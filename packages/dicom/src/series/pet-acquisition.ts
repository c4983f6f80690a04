import { type Dataset, Tag } from '../data/index.ts';
import { dateTimeOf, dicomDateTime, dicomTime } from './date-time.ts';
import type { Series } from './group.ts';
import type { Slice } from './slices.ts';

/** What one PET slice says about time and scale; see `PetAcquisition`. */
export interface PetSliceHeader {
  readonly sopInstanceUid: string;
  /** Acquisition Date and Time (0008,0022) (0008,0032), or Frame Acquisition DateTime (0018,9074). */
  readonly acquisitionDateTime: string | null;
  /** Frame Reference Time (0054,1300). */
  readonly frameReferenceTimeMs: number | null;
  /** Actual Frame Duration (0018,1242), or Frame Acquisition Duration (0018,9220). */
  readonly frameDurationMs: number | null;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  /** Decay Factor (0054,1321). */
  readonly decayFactor: number | null;
  /** Philips SUV scale factor (7053,xx00). */
  readonly philipsSuvFactor: number | null;
  /** Philips activity concentration scale factor (7053,xx09). */
  readonly philipsActivityFactor: number | null;
}

/**
 * Everything that SUV needs, as written in the headers: no computation, no guess, null where it is absent. Date-times
 * are local ISO 8601 without zone, times of day `08:30:45`. Sources: PS3.3 C.8.9.1 (PET Series), C.8.9.2 (Isotope),
 * C.8.9.4 (PET Image); for Enhanced PET C.8.22.
 */
export interface PetAcquisition {
  readonly manufacturer: string | null;
  /** Units (0054,1001). */
  readonly units: string | null;
  /** SUV Type (0054,1006). */
  readonly suvType: string | null;
  /** Decay Correction (0054,1102). */
  readonly decayCorrection: string | null;
  /** Corrected Image (0028,0051). */
  readonly correctedImage: readonly string[];
  /** Series Date and Time (0008,0021) (0008,0031); of Enhanced PET, Decay Correction DateTime (0018,9701). */
  readonly seriesDateTime: string | null;
  /** GE scan date-time (0009,xx0D) of the private creator GEMS_PETD_01. */
  readonly gePrivateScanDateTime: string | null;
  readonly patientWeightKg: number | null;
  readonly patientSizeM: number | null;
  readonly patientSex: string | null;
  /** Radionuclide Total Dose (0018,1074). */
  readonly radionuclideTotalDose: number | null;
  /** Radionuclide Half Life (0018,1075). */
  readonly radionuclideHalfLifeS: number | null;
  /** Radiopharmaceutical Start DateTime (0018,1078). */
  readonly injectionDateTime: string | null;
  /** Radiopharmaceutical Start Time (0018,1072), time of day only. */
  readonly injectionTime: string | null;
  readonly radionuclideCode: string | null;
  readonly radionuclideMeaning: string | null;
  /** Radiopharmaceutical (0018,0031), or the meaning of its code (0054,0304). */
  readonly radiopharmaceutical: string | null;
  readonly slices: readonly PetSliceHeader[];
}

const PHILIPS = 'Philips PET Private Group';

function orNull<T>(value: T | undefined): T | null {
  return value ?? null;
}

function sliceHeader(slice: Slice): PetSliceHeader {
  const { dataset, sopInstanceUid } = slice.instance;
  const timezone = dataset.text('TimezoneOffsetFromUTC');
  return {
    sopInstanceUid,
    acquisitionDateTime: orNull(
      dicomDateTime(slice.acquisition.dateTime, timezone) ??
        dateTimeOf(dataset, 'AcquisitionDate', 'AcquisitionTime') ??
        dicomDateTime(dataset.text('AcquisitionDateTime'), timezone),
    ),
    frameReferenceTimeMs: orNull(dataset.number('FrameReferenceTime')),
    frameDurationMs: orNull(slice.acquisition.durationMs),
    rescaleSlope: slice.rescaleSlope,
    rescaleIntercept: slice.rescaleIntercept,
    decayFactor: orNull(dataset.number('DecayFactor')),
    philipsSuvFactor: orNull(dataset.privateNumber(0x7053, PHILIPS, 0x00)),
    philipsActivityFactor: orNull(dataset.privateNumber(0x7053, PHILIPS, 0x09)),
  };
}

/** GE writes DT, at times with a space between date and time. */
function geScanDateTime(dataset: Dataset): string | undefined {
  return dicomDateTime(dataset.privateText(0x0009, 'GEMS_PETD_01', 0x0d)?.replace(/\s+/g, ''));
}

/** Corrections of Enhanced PET are flags of their own (PS3.3 C.8.22.4). */
function correctedImage(dataset: Dataset): string[] {
  const listed = dataset.texts('CorrectedImage');
  if (listed.length > 0) return listed;
  const flags = [
    ['DECY', Tag.DecayCorrected],
    ['ATTN', Tag.AttenuationCorrected],
    ['SCAT', Tag.ScatterCorrected],
    ['DTIM', Tag.DeadTimeCorrected],
    ['RAN', Tag.RandomsCorrected],
  ] as const;
  return flags.filter(([, tag]) => dataset.text(tag) === 'YES').map(([name]) => name);
}

/** Units (0054,1001) for the unit that a Real World Value Mapping of Enhanced PET names. */
const unitsByUcum: Readonly<Record<string, string>> = {
  'Bq/ml': 'BQML',
  'g/ml{SUVbw}': 'GML',
  'cm2/ml{SUVbsa}': 'CM2ML',
  '{counts}': 'CNTS',
  '{counts}/s': 'CPS',
};

/**
 * Enhanced PET says when it is decay corrected to (0018,9701) instead of START or ADMIN: that time then stands for the
 * series time, which is what START refers to (PS3.3 C.8.22.4 and C.8.9.1.1.2).
 */
function decayReference(dataset: Dataset): {
  decayCorrection: string | undefined;
  dateTime: string | undefined;
} {
  const decayCorrection = dataset.text('DecayCorrection');
  const series = dateTimeOf(dataset, 'SeriesDate', 'SeriesTime');
  const corrected = dataset.text('DecayCorrected');
  if (decayCorrection !== undefined || corrected === undefined) return { decayCorrection, dateTime: series };
  if (corrected === 'NO') return { decayCorrection: 'NONE', dateTime: series };
  const reference = dicomDateTime(
    dataset.text('DecayCorrectionDateTime'),
    dataset.text('TimezoneOffsetFromUTC'),
  );
  return reference === undefined
    ? { decayCorrection: undefined, dateTime: series }
    : { decayCorrection: 'START', dateTime: reference };
}

/** Reads what the SUV engine needs from the headers of a PET stack. */
export function petAcquisition(series: Series): PetAcquisition {
  const { dataset } = series.instances[0]!;
  const tracer = dataset.item('RadiopharmaceuticalInformationSequence');
  const nuclide = tracer?.item('RadionuclideCodeSequence');
  const timezone = dataset.text('TimezoneOffsetFromUTC');
  const decay = decayReference(dataset);
  return {
    manufacturer: orNull(dataset.text('Manufacturer')),
    units: orNull(dataset.text('Units') ?? unitsByUcum[series.slices[0]?.unit ?? '']),
    suvType: orNull(dataset.text('SUVType')),
    decayCorrection: orNull(decay.decayCorrection),
    correctedImage: correctedImage(dataset),
    seriesDateTime: orNull(decay.dateTime),
    gePrivateScanDateTime: orNull(geScanDateTime(dataset)),
    patientWeightKg: orNull(dataset.number('PatientWeight')),
    patientSizeM: orNull(dataset.number('PatientSize')),
    patientSex: orNull(dataset.text('PatientSex')),
    radionuclideTotalDose: orNull(tracer?.number('RadionuclideTotalDose')),
    radionuclideHalfLifeS: orNull(tracer?.number('RadionuclideHalfLife')),
    injectionDateTime: orNull(dicomDateTime(tracer?.text('RadiopharmaceuticalStartDateTime'), timezone)),
    injectionTime: orNull(dicomTime(tracer?.text('RadiopharmaceuticalStartTime'))),
    radionuclideCode: orNull(nuclide?.text('CodeValue')),
    radionuclideMeaning: orNull(nuclide?.text('CodeMeaning')),
    radiopharmaceutical: orNull(
      tracer?.text('Radiopharmaceutical') ??
        tracer?.item('RadiopharmaceuticalCodeSequence')?.text('CodeMeaning'),
    ),
    slices: series.slices.map(sliceHeader),
  };
}
