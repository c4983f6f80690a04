import { Dataset, UID } from '@photopeak/dicom';
import { code } from '../../petct/dicom/study.ts';
import { dateOf, dateTimeOf, timeOf } from '../../shared/local-time.ts';
import type { CardiacSeriesOptions } from './nm-series.ts';
import type { CardiacStudy } from './study.ts';

const STORED_MAX = 32767;
const RUBIDIUM_SECONDS = 76.4;
const UPTAKE_SECONDS = 90;
const FRAME_SECONDS = 240;
const BEAT_MS = 1000;
/** Bq/ml of a count of the phantom. */
const ACTIVITY = 50;

/** A cardiac PET series: one instance per slice and gate (PS3.3 A.21). */
export function petInstances(study: CardiacStudy, options: CardiacSeriesOptions): Dataset[] {
  const { state, volumes, seriesNumber, description } = options;
  const name = state === 'stress' ? 'STRESS' : 'REST';
  const at = study.at[state];
  const gates = volumes.length;
  const isGated = gates > 1;
  return volumes.flatMap((volume, gate) => {
    const [columns, rows, slices] = volume.size;
    const area = columns * rows;
    return Array.from({ length: slices }, (_, k) => {
      const plane = volume.data.subarray(k * area, (k + 1) * area);
      const most = plane.reduce((a, b) => Math.max(a, b), 0) * ACTIVITY;
      const slope = Number(Math.max(most / STORED_MAX, 1e-6).toPrecision(8));
      const z = volume.origin[2] + k * volume.spacingMm[2];
      const number = gate * slices + k + 1;
      return Dataset.of({
        ...study.common,
        SOPClassUID: UID.PositronEmissionTomographyImageStorage,
        SOPInstanceUID: study.uid('instance', name, seriesNumber, number),
        Modality: 'PT',
        Manufacturer: 'PHANTOM SCANNERS',
        ManufacturerModelName: 'Heart phantom',
        DeviceSerialNumber: '1',
        SoftwareVersions: '1',
        SeriesInstanceUID: study.uid('series', name, seriesNumber),
        SeriesNumber: seriesNumber,
        SeriesDescription: description,
        SeriesDate: dateOf(at),
        SeriesTime: timeOf(at),
        SeriesType: [isGated ? 'GATED' : 'STATIC', 'IMAGE'],
        AcquisitionDate: dateOf(at),
        AcquisitionTime: timeOf(at),
        ContentDate: dateOf(at),
        ContentTime: timeOf(at),
        BodyPartExamined: 'HEART',
        FrameOfReferenceUID: study.uid('frame-of-reference', name),
        PositionReferenceIndicator: null,
        InstanceNumber: number,
        ImageIndex: number,
        ImageType: ['ORIGINAL', 'PRIMARY'],
        CorrectedImage: ['NORM', 'DTIM', 'ATTN', 'SCAT', 'DECY', 'RAN'],
        AttenuationCorrectionMethod: 'measured, CT',
        Units: 'BQML',
        CountsSource: 'EMISSION',
        CollimatorType: 'NONE',
        DecayCorrection: 'START',
        DecayFactor: 1,
        DoseCalibrationFactor: 1,
        ScatterFractionFactor: 0.3,
        FrameReferenceTime: 0,
        ActualFrameDuration: FRAME_SECONDS * 1000,
        NumberOfSlices: slices,
        ...(isGated
          ? {
              NumberOfRRIntervals: 1,
              NumberOfTimeSlots: gates,
              TriggerTime: (gate * BEAT_MS) / gates,
              FrameTime: BEAT_MS / gates,
              NominalInterval: BEAT_MS,
              LowRRValue: BEAT_MS,
              HighRRValue: BEAT_MS,
              IntervalsAcquired: 240,
              IntervalsRejected: 0,
              BeatRejectionFlag: 'N',
            }
          : {}),
        RadiopharmaceuticalInformationSequence: Dataset.of({
          Radiopharmaceutical: 'Rubidium Rb^82^',
          RadiopharmaceuticalStartTime: timeOf(at - UPTAKE_SECONDS),
          RadiopharmaceuticalStartDateTime: dateTimeOf(at - UPTAKE_SECONDS),
          RadionuclideTotalDose: 1.2e9,
          RadionuclideHalfLife: RUBIDIUM_SECONDS,
          RadionuclidePositronFraction: 0.95,
          RadionuclideCodeSequence: code('79197006', 'SCT', '^82^Rubidium'),
        }),
        PatientOrientationCodeSequence: Dataset.of({
          CodeValue: '102538003',
          CodingSchemeDesignator: 'SCT',
          CodeMeaning: 'recumbent',
          PatientOrientationModifierCodeSequence: code('40199007', 'SCT', 'supine'),
        }),
        PatientGantryRelationshipCodeSequence: code('102540008', 'SCT', 'headfirst'),
        SamplesPerPixel: 1,
        PhotometricInterpretation: 'MONOCHROME2',
        Rows: rows,
        Columns: columns,
        PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
        SliceThickness: volume.spacingMm[2],
        ImagePositionPatient: [volume.origin[0], volume.origin[1], z],
        ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
        BitsAllocated: 16,
        BitsStored: 16,
        HighBit: 15,
        PixelRepresentation: 0,
        RescaleIntercept: 0,
        RescaleSlope: slope,
        LossyImageCompression: '00',
        PixelData: Uint16Array.from(plane, (value) =>
          Math.max(0, Math.min(STORED_MAX, Math.round((value * ACTIVITY) / slope))),
        ),
      });
    });
  });
}
