import { toWorld, type Volume } from '@photopeak/imaging';
import { Dataset, UID } from '../../data/index.ts';
import { uidFrom } from '../../uid/index.ts';
import {
  addContentDateTime,
  addEquipment,
  addPatientAndStudy,
  addSeries,
  addSopCommon,
  objectError,
  orientationOf,
  type SeriesContext,
  settleLaterality,
} from '../common/index.ts';

export interface ReconstructedSeriesInput {
  /** `source` holds what is known of patient and study; its Study Instance UID is required. */
  readonly context: SeriesContext;
  /** Attenuation in HU. */
  readonly volume: Volume;
  readonly frameOfReferenceUid: string;
  /** Method, parameters and corrections; at most 1024 characters. */
  readonly derivationDescription: string;
  /** Name of the filter, as Convolution Kernel. */
  readonly kernel?: string;
}

/** HU in 16 bits with sign. */
const [LOWEST, HIGHEST] = [-32768, 32767];

/**
 * A CT series (PS3.3 A.3) of a volume that was reconstructed here from projections that are no DICOM objects: derived, and
 * without source images. One instance for each slice, in order of its position.
 */
export function* reconstructedSeries(input: ReconstructedSeriesInput): Generator<Dataset> {
  const { context, volume, frameOfReferenceUid } = input;
  if (volume.unit !== "[hnsf'U]") {
    throw objectError('OBJECT_INPUT_INVALID', 'A CT series holds HU', {
      expected: 'a volume in HU',
      found: volume.unit,
    });
  }
  const [columns, rows, slices] = volume.size;
  const area = columns * rows;
  for (let k = 0; k < slices; k++) {
    const object = new Dataset();
    addPatientAndStudy(object, context.source);
    addSeries(object, context, 'CT');
    addEquipment(object, context);
    const uid = uidFrom(context.seriesInstanceUid, 'slice', String(k));
    addSopCommon(object, context, UID.CTImageStorage, uid);
    addContentDateTime(object, context);
    const stored = new Int16Array(area);
    for (let n = 0; n < area; n++)
      stored[n] = Math.min(HIGHEST, Math.max(LOWEST, Math.round(volume.data[k * area + n]!)));
    const values = {
      ImageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
      InstanceNumber: k + 1,
      AcquisitionNumber: null,
      FrameOfReferenceUID: frameOfReferenceUid,
      PositionReferenceIndicator: null,
      PatientPosition: null,
      DerivationDescription: input.derivationDescription.slice(0, 1024),
      ConvolutionKernel: input.kernel ?? null,
      KVP: null,
      ImageOrientationPatient: orientationOf(volume),
      ImagePositionPatient: toWorld(volume, [0, 0, k]),
      PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
      SliceThickness: volume.spacingMm[2],
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelRepresentation: 1,
      RescaleIntercept: 0,
      RescaleSlope: 1,
      RescaleType: 'HU',
      BurnedInAnnotation: 'NO',
      PixelData: stored,
    } as const;
    for (const [keyword, value] of Object.entries(values)) object.set(keyword as 'Rows', value as number);
    settleLaterality(object);
    yield object;
  }
}
