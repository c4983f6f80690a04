import { Dataset, UID } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import type { CardiacStudy } from './study.ts';

const SECONDS_BEFORE = 240;

/** The CT that corrects the stress images, in their frame of reference. */
export function ctInstances(
  study: CardiacStudy,
  volume: Volume<Float32Array>,
  seriesNumber: number,
): Dataset[] {
  const [columns, rows, slices] = volume.size;
  const area = columns * rows;
  const at = study.at.stress - SECONDS_BEFORE;
  return Array.from({ length: slices }, (_, k) =>
    Dataset.of({
      ...study.common,
      SOPClassUID: UID.CTImageStorage,
      SOPInstanceUID: study.uid('instance', 'ct', k),
      Modality: 'CT',
      Manufacturer: 'PHANTOM CAMERAS',
      ManufacturerModelName: 'Heart phantom',
      SeriesInstanceUID: study.uid('series', 'ct'),
      SeriesNumber: seriesNumber,
      SeriesDescription: 'CTAC',
      SeriesDate: dateOf(at),
      SeriesTime: timeOf(at),
      AcquisitionDate: dateOf(at),
      AcquisitionTime: timeOf(at),
      ContentDate: dateOf(at),
      ContentTime: timeOf(at),
      BodyPartExamined: 'CHEST',
      PatientPosition: 'HFS',
      FrameOfReferenceUID: study.uid('frame-of-reference', 'STRESS'),
      PositionReferenceIndicator: null,
      InstanceNumber: k + 1,
      AcquisitionNumber: 1,
      ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      KVP: 120,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
      SliceThickness: volume.spacingMm[2],
      ImagePositionPatient: [volume.origin[0], volume.origin[1], volume.origin[2] + k * volume.spacingMm[2]],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelRepresentation: 1,
      RescaleIntercept: 0,
      RescaleSlope: 1,
      RescaleType: 'HU',
      LossyImageCompression: '00',
      PixelData: Int16Array.from(volume.data.subarray(k * area, (k + 1) * area)),
    }),
  );
}
