import { Dataset, UID } from '@photopeak/dicom';
import type { Study } from '../../petct/dicom/study.ts';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import type { MrName, PetmrPhantom } from '../phantom.ts';

interface Sequence {
  readonly number: number;
  readonly description: string;
  readonly imageType: readonly string[];
  readonly scanningSequence: 'GR' | 'SE' | 'EP';
  readonly repetitionMs: number;
  readonly echoMs: number;
}

/** As a PET/MR scanner of Siemens names them. */
const SEQUENCES: Record<MrName, Sequence> = {
  inPhase: {
    number: 21,
    description: 'WB_T1_VIBE_DIXON_in',
    imageType: ['ORIGINAL', 'PRIMARY', 'M', 'IN_PHASE', 'DIXON'],
    scanningSequence: 'GR',
    repetitionMs: 3.6,
    echoMs: 2.46,
  },
  opposedPhase: {
    number: 22,
    description: 'WB_T1_VIBE_DIXON_opp',
    imageType: ['ORIGINAL', 'PRIMARY', 'M', 'OPP_PHASE', 'DIXON'],
    scanningSequence: 'GR',
    repetitionMs: 3.6,
    echoMs: 1.23,
  },
  fat: {
    number: 23,
    description: 'WB_T1_VIBE_DIXON_F',
    imageType: ['DERIVED', 'PRIMARY', 'FAT', 'DIXON'],
    scanningSequence: 'GR',
    repetitionMs: 3.6,
    echoMs: 1.23,
  },
  water: {
    number: 24,
    description: 'WB_T1_VIBE_DIXON_W',
    imageType: ['DERIVED', 'PRIMARY', 'WATER', 'DIXON'],
    scanningSequence: 'GR',
    repetitionMs: 3.6,
    echoMs: 1.23,
  },
  t2: {
    number: 25,
    description: 'T2_HASTE_tra',
    imageType: ['ORIGINAL', 'PRIMARY', 'M'],
    scanningSequence: 'SE',
    repetitionMs: 1400,
    echoMs: 90,
  },
  adc: {
    number: 26,
    description: 'ep2d_diff_b50_800_ADC',
    imageType: ['DERIVED', 'PRIMARY', 'DIFFUSION', 'ADC'],
    scanningSequence: 'EP',
    repetitionMs: 8200,
    echoMs: 63,
  },
  attenuation: {
    number: 20,
    description: 'WB_MRAC_PET_UMAP',
    imageType: ['DERIVED', 'PRIMARY', 'OTHER'],
    scanningSequence: 'GR',
    repetitionMs: 3.6,
    echoMs: 2.46,
  },
};

const STORED_MAX = 4095;

/** One MR series, an instance for each slice. */
export function mrSeries(study: Study, phantom: PetmrPhantom, name: MrName): Dataset[] {
  const volume = phantom.mr[name];
  const { number, description, imageType, scanningSequence, repetitionMs, echoMs } = SEQUENCES[name];
  const [columns, rows, slices] = volume.size;
  const area = columns * rows;
  const at = study.timeline.pet + number;
  return Array.from({ length: slices }, (_, k) => {
    const z = volume.origin[2] + k * volume.spacingMm[2];
    return Dataset.of({
      ...study.common,
      SOPClassUID: UID.MRImageStorage,
      SOPInstanceUID: study.uid('instance', name, k),
      Modality: 'MR',
      Manufacturer: 'PHANTOM SCANNERS',
      ManufacturerModelName: 'PET/MR phantom',
      DeviceSerialNumber: '1',
      SoftwareVersions: '1',
      SeriesInstanceUID: study.uid('series', name),
      SeriesNumber: number,
      SeriesDescription: description,
      SeriesDate: dateOf(at),
      SeriesTime: timeOf(at),
      AcquisitionDate: dateOf(at),
      AcquisitionTime: timeOf(at),
      ContentDate: dateOf(at),
      ContentTime: timeOf(at),
      BodyPartExamined: 'WHOLEBODY',
      PatientPosition: 'HFS',
      FrameOfReferenceUID: study.frameOfReference.ct,
      PositionReferenceIndicator: null,
      InstanceNumber: k + 1,
      AcquisitionNumber: 1,
      ImageType: imageType,
      ScanningSequence: scanningSequence,
      SequenceVariant: 'SP',
      ScanOptions: 'PFP',
      MRAcquisitionType: scanningSequence === 'GR' ? '3D' : '2D',
      RepetitionTime: repetitionMs,
      EchoTime: echoMs,
      EchoTrainLength: 1,
      MagneticFieldStrength: 3,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
      SliceThickness: volume.spacingMm[2],
      SpacingBetweenSlices: volume.spacingMm[2],
      ImagePositionPatient: [volume.origin[0], volume.origin[1], z],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      SliceLocation: z,
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
      LossyImageCompression: '00',
      PixelData: Uint16Array.from(volume.data.subarray(k * area, (k + 1) * area), (value) =>
        Math.max(0, Math.min(STORED_MAX, Math.round(value))),
      ),
    });
  });
}
