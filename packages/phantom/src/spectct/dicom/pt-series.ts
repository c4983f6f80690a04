import { Dataset, formatDecimalString, UID } from '@photopeak/dicom';
import { exp } from '../../shared/exact-math.ts';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import { tracerModels } from '../tracers.ts';
import { PATIENT_ORIENTATION, radiopharmaceutical, type SpectStudy } from './study.ts';

const STORED_MAX = 32767;

/**
 * A quantitative SPECT as some reconstructions write it: in the PET object, in Bq/ml, corrected for decay to the start
 * of the acquisition or to the administration.
 */
export function ptTomogram(study: SpectStudy, decayCorrection: 'START' | 'ADMIN'): Dataset[] {
  const { phantom, acquired, administered, ct } = study;
  const { truth } = phantom;
  const volume = study.spect;
  const { nuclide } = tracerModels[truth.tracer];
  const back =
    decayCorrection === 'ADMIN' ? exp((Math.LN2 * (acquired - administered)) / nuclide.halfLifeSeconds) : 1;
  const [columns, rows, slices] = volume.size;
  const area = columns * rows;
  const most = volume.data.reduce((a, b) => Math.max(a, b), 0) * back;
  const slope = formatDecimalString(Number((most / STORED_MAX).toPrecision(8)))!;
  return Array.from({ length: slices }, (_, k) =>
    Dataset.of({
      ...ct.common,
      SOPClassUID: UID.PositronEmissionTomographyImageStorage,
      SOPInstanceUID: ct.uid('instance', 'spect', k),
      Modality: 'PT',
      Manufacturer: 'PHANTOM CAMERAS NM',
      ManufacturerModelName: 'SPECT phantom',
      DeviceSerialNumber: '1',
      SoftwareVersions: '1',
      SeriesInstanceUID: ct.uid('series', 'spect'),
      SeriesNumber: 1000,
      SeriesDescription: 'xSPECT AC',
      SeriesDate: dateOf(acquired),
      SeriesTime: timeOf(acquired),
      SeriesType: ['STATIC', 'IMAGE'],
      AcquisitionDate: dateOf(acquired),
      AcquisitionTime: timeOf(acquired),
      ContentDate: dateOf(acquired),
      ContentTime: timeOf(acquired),
      BodyPartExamined: 'WHOLEBODY',
      FrameOfReferenceUID: ct.frameOfReference.pet,
      PositionReferenceIndicator: null,
      InstanceNumber: k + 1,
      ImageIndex: k + 1,
      ImageType: ['ORIGINAL', 'PRIMARY'],
      CorrectedImage: ['UNIF', 'ATTN', 'SCAT', 'DECY'],
      Units: 'BQML',
      CountsSource: 'EMISSION',
      CollimatorType: 'PARA',
      DecayCorrection: decayCorrection,
      DecayFactor: back,
      FrameReferenceTime: (truth.acquisitionSeconds / 2) * 1000,
      ActualFrameDuration: truth.acquisitionSeconds * 1000,
      NumberOfSlices: slices,
      RadiopharmaceuticalInformationSequence: radiopharmaceutical(study),
      ...PATIENT_ORIENTATION,
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
      PixelRepresentation: 0,
      RescaleIntercept: 0,
      RescaleSlope: slope,
      LossyImageCompression: '00',
      PixelData: Uint16Array.from(volume.data.subarray(k * area, (k + 1) * area), (value) =>
        Math.round((value * back) / Number(slope)),
      ),
    }),
  );
}
