import { Dataset, Tag, UID } from '@photopeak/dicom';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import { tracerModels } from '../tracers.ts';
import { PATIENT_ORIENTATION, radiopharmaceutical, type SpectStudy } from './study.ts';

/** How a camera's workstation writes a reconstructed tomogram. */
export interface NmHabits {
  /** `front`: the frames run from the head down with a negative Spacing Between Slices; `back`: from the feet up. */
  readonly stacking: 'front' | 'back';
  /** A Real World Value Mapping in the image states Bq/ml; without it values are counts. */
  readonly valueMapping: boolean;
}

const STORED_MAX = 32000;
const DETECTORS = 2;
const ARC_DEGREES = 360;
const VIEWS = 60;

/** A reconstructed, attenuation-corrected tomogram: one multi-frame instance (PS3.3 A.5, C.8.4.8, C.8.4.15). */
export function nmTomogram(study: SpectStudy, { stacking, valueMapping }: NmHabits): Dataset {
  const { phantom, acquired, ct } = study;
  const { truth } = phantom;
  const volume = study.spect;
  const { nuclide } = tracerModels[truth.tracer];
  const [columns, rows, slices] = volume.size;
  const area = columns * rows;
  const voxelMl = (volume.spacingMm[0] * volume.spacingMm[1] * volume.spacingMm[2]) / 1000;
  const bqPerMlOfCount = 1e6 / (truth.sensitivityCpsPerMBq * truth.acquisitionSeconds * voxelMl);
  const most = volume.data.reduce((a, b) => Math.max(a, b), 0) / bqPerMlOfCount;
  /** Counts of a stored value. */
  const slope = Number((most / STORED_MAX).toPrecision(6));
  const pixels = new Uint16Array(volume.data.length);
  for (let frame = 0; frame < slices; frame++) {
    const k = stacking === 'front' ? slices - 1 - frame : frame;
    for (let n = 0; n < area; n++)
      pixels[frame * area + n] = Math.round(volume.data[k * area + n]! / bqPerMlOfCount / slope);
  }
  const dz = volume.spacingMm[2];
  const firstZ = volume.origin[2] + (stacking === 'front' ? (slices - 1) * dz : 0);
  const perFrame = (value: (frame: number) => number) => Array.from({ length: slices }, (_, n) => value(n));
  const dataset = Dataset.of({
    ...ct.common,
    SOPClassUID: UID.NuclearMedicineImageStorage,
    SOPInstanceUID: ct.uid('instance', 'spect'),
    Modality: 'NM',
    Manufacturer: 'PHANTOM CAMERAS',
    ManufacturerModelName: 'SPECT phantom',
    DeviceSerialNumber: '1',
    SoftwareVersions: '1',
    SeriesInstanceUID: ct.uid('series', 'spect'),
    SeriesNumber: 3,
    SeriesDescription: 'SPECT Recon AC SC',
    SeriesDate: dateOf(acquired),
    SeriesTime: timeOf(acquired),
    AcquisitionDate: dateOf(acquired),
    AcquisitionTime: timeOf(acquired),
    ContentDate: dateOf(acquired),
    ContentTime: timeOf(acquired),
    BodyPartExamined: 'WHOLEBODY',
    FrameOfReferenceUID: ct.frameOfReference.pet,
    PositionReferenceIndicator: null,
    InstanceNumber: 1,
    ImageType: ['ORIGINAL', 'PRIMARY', 'RECON TOMO', 'EMISSION'],
    ImageID: 'RECON AC',
    CorrectedImage: ['UNIF', 'COR', 'ATTN', 'SCAT'],
    CountsAccumulated: Math.round(Math.min(volume.data.reduce((a, b) => a + b, 0) / bqPerMlOfCount, 2e9)),
    ...PATIENT_ORIENTATION,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
    SliceThickness: dz,
    SpacingBetweenSlices: stacking === 'front' ? -dz : dz,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    RescaleIntercept: 0,
    RescaleSlope: slope,
    LossyImageCompression: '00',
    NumberOfFrames: slices,
    FrameIncrementPointer: [Tag.SliceVector],
    NumberOfEnergyWindows: 1,
    NumberOfDetectors: 1,
    NumberOfSlices: slices,
    SliceVector: perFrame((frame) => frame + 1),
    EnergyWindowInformationSequence: Dataset.of({
      EnergyWindowName: truth.radiopharmaceutical.split(' ')[0]!,
      EnergyWindowRangeSequence: Dataset.of({
        EnergyWindowLowerLimit: nuclide.keV * 0.9,
        EnergyWindowUpperLimit: nuclide.keV * 1.1,
      }),
    }),
    RadiopharmaceuticalInformationSequence: radiopharmaceutical(study),
    RotationInformationSequence: Dataset.of({
      StartAngle: 0,
      AngularStep: ARC_DEGREES / DETECTORS / VIEWS,
      RotationDirection: 'CC',
      ScanArc: ARC_DEGREES / DETECTORS,
      ActualFrameDuration: Math.round((truth.acquisitionSeconds * 1000) / VIEWS),
      NumberOfFramesInRotation: VIEWS,
    }),
    NumberOfRotations: 1,
    DetectorInformationSequence: Dataset.of({
      CollimatorType: 'PARA',
      ImagePositionPatient: [volume.origin[0], volume.origin[1], firstZ],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    }),
    PixelData: pixels,
  });
  if (valueMapping) dataset.set('RealWorldValueMappingSequence', [activityMapping(slope * bqPerMlOfCount)]);
  return dataset;
}

/** Stored values to Bq/ml (PS3.3 C.7.6.16.2.11). */
function activityMapping(slope: number): Dataset {
  return Dataset.of({
    RealWorldValueSlope: slope,
    RealWorldValueIntercept: 0,
    LUTExplanation: 'Activity concentration',
    LUTLabel: 'BQML',
    MeasurementUnitsCodeSequence: Dataset.of({
      CodeValue: 'Bq/ml',
      CodingSchemeDesignator: 'UCUM',
      CodeMeaning: 'Becquerels/milliliter',
    }),
  })
    .set('RealWorldValueFirstValueMapped', 0, 'US')
    .set('RealWorldValueLastValueMapped', 65535, 'US');
}
