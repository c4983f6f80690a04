import { Dataset, Tag, UID } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { code } from '../../petct/dicom/study.ts';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import type { CardiacStudy } from './study.ts';

export interface CardiacSeriesOptions {
  readonly state: 'stress' | 'rest';
  /** One image, or the gates of the beat. */
  readonly volumes: readonly Volume<Float32Array>[];
  readonly seriesNumber: number;
  readonly description: string;
}

const STORED_MAX = 30000;
/** A beat at 60 per minute. */
const BEAT_MS = 1000;

/**
 * A reconstructed tomogram as gamma cameras write it: one instance, frames told apart by slice and, where gated, by
 * R-R interval and time slot (PS3.3 C.8.4.8, C.8.4.14, C.8.4.15).
 */
export function nmInstance(study: CardiacStudy, options: CardiacSeriesOptions): Dataset {
  const { state, volumes, seriesNumber, description } = options;
  const first = volumes[0]!;
  const [columns, rows, slices] = first.size;
  const gates = volumes.length;
  const isGated = gates > 1;
  const most = Math.max(...volumes.map(({ data }) => data.reduce((a, b) => Math.max(a, b), 0)));
  const slope = Number((most / STORED_MAX).toPrecision(6));
  const pixels = new Uint16Array(columns * rows * slices * gates);
  volumes.forEach(({ data }, gate) => {
    const from = gate * data.length;
    for (let n = 0; n < data.length; n++) pixels[from + n] = Math.round(Math.max(0, data[n]!) / slope);
  });
  const frames = slices * gates;
  const perFrame = (value: (frame: number) => number) =>
    Array.from({ length: frames }, (_, frame) => value(frame));
  const name = state === 'stress' ? 'STRESS' : 'REST';
  const at = study.at[state];
  return Dataset.of({
    ...study.common,
    SOPClassUID: UID.NuclearMedicineImageStorage,
    SOPInstanceUID: study.uid('instance', name, seriesNumber),
    Modality: 'NM',
    Manufacturer: 'PHANTOM CAMERAS',
    ManufacturerModelName: 'Heart phantom',
    DeviceSerialNumber: '1',
    SoftwareVersions: '1',
    SeriesInstanceUID: study.uid('series', name, seriesNumber),
    SeriesNumber: seriesNumber,
    SeriesDescription: description,
    SeriesDate: dateOf(at),
    SeriesTime: timeOf(at),
    AcquisitionDate: dateOf(at),
    AcquisitionTime: timeOf(at),
    ContentDate: dateOf(at),
    ContentTime: timeOf(at),
    BodyPartExamined: 'HEART',
    FrameOfReferenceUID: study.uid('frame-of-reference', name),
    PositionReferenceIndicator: null,
    InstanceNumber: 1,
    ImageType: ['ORIGINAL', 'PRIMARY', isGated ? 'RECON GATED TOMO' : 'RECON TOMO', 'EMISSION'],
    ImageID: name,
    CorrectedImage: study.truth.attenuationCorrected ? ['UNIF', 'COR', 'ATTN'] : ['UNIF', 'COR'],
    CountsAccumulated: Math.round(
      volumes.reduce((sum, { data }) => sum + data.reduce((a, b) => a + b, 0), 0),
    ),
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
    PixelSpacing: [first.spacingMm[1], first.spacingMm[0]],
    SliceThickness: first.spacingMm[2],
    SpacingBetweenSlices: first.spacingMm[2],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    RescaleIntercept: 0,
    RescaleSlope: slope,
    LossyImageCompression: '00',
    NumberOfFrames: frames,
    FrameIncrementPointer: isGated
      ? [Tag.RRIntervalVector, Tag.TimeSlotVector, Tag.SliceVector]
      : [Tag.SliceVector],
    NumberOfEnergyWindows: 1,
    NumberOfDetectors: 1,
    NumberOfSlices: slices,
    SliceVector: perFrame((frame) => (frame % slices) + 1),
    ...(isGated
      ? {
          NumberOfRRIntervals: 1,
          NumberOfTimeSlots: gates,
          RRIntervalVector: perFrame(() => 1),
          TimeSlotVector: perFrame((frame) => Math.floor(frame / slices) + 1),
          GatedInformationSequence: Dataset.of({
            BeatRejectionFlag: 'N',
            DataInformationSequence: Dataset.of({
              FrameTime: BEAT_MS / gates,
              NominalInterval: BEAT_MS,
              LowRRValue: BEAT_MS,
              HighRRValue: BEAT_MS,
              IntervalsAcquired: 700,
              IntervalsRejected: 0,
            }),
          }),
        }
      : {}),
    EnergyWindowInformationSequence: Dataset.of({
      EnergyWindowName: 'Tc-99m',
      EnergyWindowRangeSequence: Dataset.of({ EnergyWindowLowerLimit: 126.5, EnergyWindowUpperLimit: 154.5 }),
    }),
    RadiopharmaceuticalInformationSequence: Dataset.of({
      Radiopharmaceutical: 'Tc-99m sestamibi',
      RadionuclideCodeSequence: code('72454006', 'SCT', '^99m^Technetium'),
    }),
    RotationInformationSequence: Dataset.of({
      StartAngle: 45,
      AngularStep: 3,
      RotationDirection: 'CW',
      ScanArc: 180,
      ActualFrameDuration: 20000,
      NumberOfFramesInRotation: 60,
    }),
    NumberOfRotations: 1,
    DetectorInformationSequence: Dataset.of({
      CollimatorType: 'PARA',
      ImagePositionPatient: first.origin,
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    }),
    PixelData: pixels,
  });
}
