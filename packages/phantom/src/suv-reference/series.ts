import { Dataset, formatDecimalString, UID, uidFrom } from '@photopeak/dicom';
import { exp, log } from '../shared/exact-math.ts';
import { dateOf, dateTimeOf, timeOf } from '../shared/local-time.ts';
import type { SuvCase } from './case.ts';
import { DOSE_BQ, type Forward, nuclides, PHILIPS_ACTIVITY_FACTOR } from './forward.ts';
import { SCENE, sceneSlice } from './scene.ts';

const STORED_MAX = 32767;
const TIME_DIGITS = 3;

/** The instances of a reference object, as a scanner with this case's habits would write them. */
export function buildSeries(entry: SuvCase, forward: Forward): Dataset[] {
  return Array.from({ length: SCENE.slices }, (_, slice) => buildSlice(entry, forward, slice));
}

/** `undefined` keeps the value, `null` stays: the element is written empty. */
const stated = <T>(written: T | null | undefined, truth: T): T | null =>
  written === undefined ? truth : written;

function isotope(entry: SuvCase, forward: Forward): Dataset {
  const { written = {} } = entry;
  const nuclide = nuclides[entry.nuclide ?? 'F-18'];
  const injection = written.injection ?? 'both';
  const item = Dataset.of({
    Radiopharmaceutical: nuclide.agent,
    RadionuclideTotalDose: stated(written.dose, DOSE_BQ),
    RadionuclideHalfLife: written.halfLife === null ? undefined : forward.halfLifeSeconds,
    RadionuclideCodeSequence:
      written.nuclideCode === null
        ? []
        : Dataset.of({
            CodeValue: nuclide.code,
            CodingSchemeDesignator: 'SRT',
            CodeMeaning: nuclide.meaning,
          }),
  });
  if (injection === 'both' || injection === 'time') {
    item.set('RadiopharmaceuticalStartTime', timeOf(forward.injectionSeconds));
  }
  if (injection === 'both' || injection === 'date-time') {
    item.set('RadiopharmaceuticalStartDateTime', dateTimeOf(forward.injectionSeconds));
  }
  return item;
}

function buildSlice(entry: SuvCase, forward: Forward, slice: number): Dataset {
  const { written = {}, name } = entry;
  const uid = (...parts: readonly (string | number)[]) =>
    uidFrom('photopeak/phantom/suv-reference', name, ...parts.map(String));
  const bed = forward.bedOf(slice);
  const acquired = forward.referenceSeconds + bed.startSeconds;
  const series = forward.referenceSeconds + (written.seriesDelaySeconds ?? 0);
  const decays = (Math.LN2 * bed.durationSeconds) / forward.halfLifeSeconds;
  const mean = (log(decays / (1 - exp(-decays))) * forward.halfLifeSeconds) / Math.LN2;
  const intercept = written.intercept ?? 0;
  const values = sceneSlice(slice).map((suv) => suv * forward.valuePerSuv[slice]!);
  const hottest = values.reduce((most, value) => Math.max(most, value), 0);
  const headroom = entry.slopes === 'per-slice' ? 1 + ((slice * 7) % 10) : 1;
  const slope = formatDecimalString(Number(((hottest * headroom) / STORED_MAX).toPrecision(9)))!;
  const z = slice * SCENE.spacingMm;
  const dataset = Dataset.of({
    SpecificCharacterSet: 'ISO_IR 100',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    SOPClassUID: UID.PositronEmissionTomographyImageStorage,
    SOPInstanceUID: uid('instance', slice),
    StudyDate: dateOf(forward.referenceSeconds),
    SeriesDate: dateOf(series),
    AcquisitionDate: dateOf(acquired),
    ContentDate: dateOf(acquired),
    StudyTime: timeOf(forward.referenceSeconds),
    SeriesTime: timeOf(series, TIME_DIGITS),
    AcquisitionTime: timeOf(acquired, TIME_DIGITS),
    ContentTime: timeOf(acquired, TIME_DIGITS),
    AccessionNumber: null,
    Modality: 'PT',
    Manufacturer: entry.manufacturer,
    ManufacturerModelName: 'SUV reference object',
    ReferringPhysicianName: null,
    SeriesDescription: `SUV reference ${name}`,
    PatientName: 'PHANTOM^SUV',
    PatientID: `SUV-${name}`,
    PatientBirthDate: '19700101',
    PatientSex: forward.body.sex,
    PatientSize: stated(written.height, forward.body.heightM),
    PatientWeight: stated(written.weight, forward.body.weightKg),
    QualityControlSubject: 'YES',
    SliceThickness: SCENE.spacingMm,
    BodyPartExamined: 'CHEST',
    CollimatorType: null,
    ActualFrameDuration: bed.durationSeconds * 1000,
    StudyInstanceUID: uid('study'),
    SeriesInstanceUID: uid('series'),
    StudyID: null,
    SeriesNumber: 1,
    InstanceNumber: slice + 1,
    ImagePositionPatient: [
      (-(SCENE.columns - 1) * SCENE.spacingMm) / 2,
      (-(SCENE.rows - 1) * SCENE.spacingMm) / 2,
      z,
    ],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    FrameOfReferenceUID: uid('frame-of-reference'),
    PositionReferenceIndicator: null,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: SCENE.rows,
    Columns: SCENE.columns,
    PixelSpacing: [SCENE.spacingMm, SCENE.spacingMm],
    CorrectedImage: entry.correctedImage ?? ['DECY', 'ATTN', 'SCAT', 'DTIM', 'RAN', 'NORM'],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: intercept,
    RescaleSlope: slope,
    LossyImageCompression: '00',
    RadiopharmaceuticalInformationSequence: isotope(entry, forward),
    PatientOrientationCodeSequence: Dataset.of({
      CodeValue: 'F-10450',
      CodingSchemeDesignator: 'SRT',
      CodeMeaning: 'recumbent',
      PatientOrientationModifierCodeSequence: Dataset.of({
        CodeValue: 'F-10340',
        CodingSchemeDesignator: 'SRT',
        CodeMeaning: 'supine',
      }),
    }),
    PatientGantryRelationshipCodeSequence: Dataset.of({
      CodeValue: 'F-10470',
      CodingSchemeDesignator: 'SRT',
      CodeMeaning: 'headfirst',
    }),
    SeriesType: ['WHOLE BODY', 'IMAGE'],
    Units: entry.units ?? undefined,
    SUVType: entry.suvType,
    CountsSource: 'EMISSION',
    DecayCorrection: entry.decayCorrection ?? undefined,
    DecayFactor:
      entry.decayCorrection === 'NONE' || entry.decayCorrection === null
        ? undefined
        : exp((Math.LN2 * (bed.startSeconds + mean)) / forward.halfLifeSeconds),
    NumberOfSlices: SCENE.slices,
    ImageIndex: slice + 1,
    FrameReferenceTime:
      written.frameReference === 'zero' ? 0 : Number(((bed.startSeconds + mean) * 1000).toFixed(3)),
    PixelData: Int16Array.from(values, (value) => Math.round((value - intercept) / Number(slope))),
  });
  addPrivate(dataset, entry, forward);
  return dataset;
}

function addPrivate(dataset: Dataset, { written = {}, manufacturer }: SuvCase, forward: Forward): void {
  if (written.geScanTime !== undefined) {
    dataset.setPrivate(0x0009, 'GEMS_PETD_01', 0x0d, 'DT', dateTimeOf(forward.referenceSeconds, 2));
  }
  if (manufacturer !== 'Philips Medical Systems') return;
  const block = written.philipsBlock ?? 0x10;
  const factors = [
    [0x00, written.philipsSuv, forward.philipsSuvFactor],
    [0x09, written.philipsActivity, PHILIPS_ACTIVITY_FACTOR],
  ] as const;
  if (factors.every(([, state]) => state === undefined)) return;
  dataset.set((0x7053 << 16) | block, 'Philips PET Private Group', 'LO');
  for (const [element, state, value] of factors) {
    if (state === undefined) continue;
    const text = state === 'zero' ? '0' : formatDecimalString(Number(value.toPrecision(9)))!;
    dataset.set((0x7053 << 16) | (block << 8) | element, text, 'DS');
  }
}
