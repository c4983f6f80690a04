import { Dataset, UID, uidFrom, writePart10 } from '@photopeak/dicom';

export interface TestInstance {
  readonly study: string;
  readonly series: string;
  readonly sop: string;
  readonly bytes: Uint8Array;
}

export interface TestInstanceOptions {
  /** Names the study; the UIDs derive from it. */
  readonly study: string;
  readonly modality?: 'CT' | 'PT';
  readonly number?: number;
  /** Rows and columns. */
  readonly size?: number;
  readonly patientName?: string;
  readonly patientId?: string;
  readonly accessionNumber?: string;
  readonly manufacturer?: string;
  /** Study Description. */
  readonly description?: string;
  readonly sourceAeTitle?: string;
  /** Changes the pixels and nothing else. */
  readonly fill?: number;
}

/** A small valid CT or PET slice, written by our own writer. */
export function testInstance(options: TestInstanceOptions): TestInstance {
  const { modality = 'CT', number = 1, size = 16, fill = 0 } = options;
  const study = uidFrom('test study', options.study);
  const series = uidFrom('test series', options.study, modality);
  const sop = uidFrom('test instance', options.study, modality, String(number));
  const pixels = new Uint8Array(size * size * 2).fill(fill);
  const dataset = Dataset.of({
    SOPClassUID: modality === 'CT' ? UID.CTImageStorage : UID.PositronEmissionTomographyImageStorage,
    SOPInstanceUID: sop,
    StudyInstanceUID: study,
    SeriesInstanceUID: series,
    Modality: modality,
    Manufacturer: options.manufacturer ?? 'Scanner',
    PatientName: options.patientName ?? 'Curie^Marie',
    PatientID: options.patientId ?? `ID-${options.study}`,
    AccessionNumber: options.accessionNumber,
    PatientSex: 'F',
    StudyDate: '20261123',
    StudyTime: '101500',
    StudyDescription: options.description ?? 'PET/CT whole body',
    SeriesNumber: modality === 'CT' ? 2 : 3,
    SeriesDescription: modality === 'CT' ? 'CT 3.27' : 'PET AC',
    FrameOfReferenceUID: uidFrom('test frame', options.study),
    InstanceNumber: number,
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    ImagePositionPatient: [0, 0, 3 * number],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [2, 2],
    SliceThickness: 3,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: size,
    Columns: size,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: -1024,
    RescaleSlope: 1,
    PatientWeight: modality === 'PT' ? 71 : undefined,
  });
  dataset.set('PixelData', pixels, 'OW');
  const source = options.sourceAeTitle === undefined ? {} : { sourceAeTitle: options.sourceAeTitle };
  return { study, series, sop, bytes: writePart10({ dataset, ...source }) };
}

/** CT and PET slices of one study. */
export function testStudy(name: string, slicesPerSeries = 3): TestInstance[] {
  return (['CT', 'PT'] as const).flatMap((modality) =>
    Array.from({ length: slicesPerSeries }, (_, index) =>
      testInstance({ study: name, modality, number: index + 1 }),
    ),
  );
}
