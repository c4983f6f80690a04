import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dataset, readFilePart10, UID, uidFrom, writePart10 } from '@photopeak/dicom';

/** A small CT or MR series of noise about tissue with a dark border, for the tests of enhancement. */
export interface TestSeries {
  readonly name: string;
  readonly modality?: 'CT' | 'MR';
  readonly planes?: number;
  readonly size?: number;
  readonly noise?: number;
  readonly thicknessMm?: number;
  readonly attributes?: Parameters<typeof Dataset.of>[0];
  /** Shift within the plane from each slice to the next, mm: a tilted gantry. */
  readonly shearMm?: number;
  /** Pixel Padding Value of the corners; CT only. */
  readonly padding?: number;
  /** A pin of metal in the middle with two bright streaks along the rows; CT only. */
  readonly isWithMetal?: boolean;
}

const STUDY = uidFrom('enhancement test study');

/** Numbers of about normal distribution that are always the same. */
function noiseSource(seed: number): () => number {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => {
    let sum = 0;
    for (let n = 0; n < 12; n++) sum += next();
    return sum - 6;
  };
}

/** Stored values of a pin of metal, 3071 HU, and of the streaks that it throws. */
function pinOrStreak(x: number, y: number): number | undefined {
  if (Math.hypot(x, y) < 3) return 4095;
  return Math.abs(y) < 2 && Math.abs(x) < 18 ? 1264 : undefined;
}

/** Writes the slices and answers the Series Instance UID. */
export async function writeTestSeries(folder: string, series: TestSeries): Promise<string> {
  const {
    name,
    modality = 'CT',
    planes = 8,
    size = 48,
    noise = 20,
    thicknessMm = 2,
    padding,
    isWithMetal,
  } = series;
  const uid = uidFrom('enhancement test series', name);
  const random = noiseSource(name.length * 7919 + planes);
  await mkdir(folder, { recursive: true });
  for (let k = 0; k < planes; k++) {
    const pixels = new Int16Array(size * size);
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++) {
        const corner = i < 4 && j < 4;
        const inside = Math.hypot(i - size / 2, j - size / 2) < size * 0.45;
        const tissue = modality === 'CT' ? (inside ? 1064 : 24) : inside ? 500 : 0;
        const value = isWithMetal ? (pinOrStreak(i - size / 2, j - size / 2) ?? tissue) : tissue;
        pixels[i + size * j] =
          corner && padding !== undefined ? padding : Math.round(value + noise * random());
      }
    const isCt = modality === 'CT';
    const dataset = Dataset.of({
      SOPClassUID: isCt ? UID.CTImageStorage : UID.MRImageStorage,
      SOPInstanceUID: uidFrom(uid, String(k)),
      StudyInstanceUID: STUDY,
      SeriesInstanceUID: uid,
      Modality: modality,
      Manufacturer: 'Scanner',
      ManufacturerModelName: 'Model 7',
      PatientName: 'Test^Patient',
      PatientID: 'T-1',
      PatientBirthDate: '19500101',
      PatientSex: 'O',
      StudyID: '1',
      AccessionNumber: '',
      ReferringPhysicianName: '',
      StudyDate: '20261123',
      StudyTime: '101500',
      SeriesDate: '20261123',
      SeriesTime: '101600',
      SeriesNumber: 3,
      SeriesDescription: name,
      PatientPosition: 'HFS',
      BodyPartExamined: 'CHEST',
      FrameOfReferenceUID: uidFrom('enhancement test frame'),
      PositionReferenceIndicator: '',
      InstanceNumber: k + 1,
      AcquisitionNumber: 1,
      ImageType: ['ORIGINAL', 'PRIMARY', isCt ? 'AXIAL' : 'M'],
      ImagePositionPatient: [0, (series.shearMm ?? 0) * k, thicknessMm * k],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      PixelSpacing: [1, 1],
      SliceThickness: thicknessMm,
      KVP: isCt ? 120 : undefined,
      RescaleIntercept: isCt ? -1024 : undefined,
      RescaleSlope: isCt ? 1 : undefined,
      ...(isCt
        ? {}
        : {
            ScanningSequence: 'SE',
            SequenceVariant: 'NONE',
            ScanOptions: '',
            MRAcquisitionType: '2D',
            EchoTime: 10,
            EchoTrainLength: 1,
            RepetitionTime: 500,
          }),
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: size,
      Columns: size,
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelRepresentation: 1,
      PixelPaddingValue: padding,
      ...series.attributes,
    });
    dataset.set('PixelData', new Uint8Array(pixels.buffer), 'OW');
    await writeFile(path.join(folder, `${name}-${String(k).padStart(3, '0')}.dcm`), writePart10({ dataset }));
  }
  return uid;
}

/** The same CT series as one Enhanced CT image, the last slice first; only what is read of it. */
export async function writeEnhancedSeries(folder: string, series: TestSeries): Promise<void> {
  const singles = await mkdtemp(path.join(tmpdir(), 'photopeak-singles-'));
  await writeTestSeries(singles, series);
  const names = (await readdir(singles)).sort().reverse();
  const slices = names.map((name) => readFilePart10(path.join(singles, name)).dataset);
  const first = slices[0]!;
  const enhanced = new Dataset();
  for (const element of first) enhanced.setElement(element);
  for (const keyword of ['RescaleSlope', 'RescaleIntercept', 'KVP', 'AcquisitionNumber'] as const)
    enhanced.delete(keyword);
  const groupOf = (from: Dataset, ...keywords: Parameters<Dataset['copyFrom']>[1][number][]) =>
    new Dataset().copyFrom(from, keywords);
  const type = ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'];
  enhanced
    .set('SOPClassUID', UID.EnhancedCTImageStorage)
    .set('ImageType', type)
    .set('NumberOfFrames', slices.length)
    .set('SharedFunctionalGroupsSequence', [
      Dataset.of({
        CTImageFrameTypeSequence: Dataset.of({ FrameType: type }),
        PixelMeasuresSequence: groupOf(first, 'PixelSpacing', 'SliceThickness'),
        PlaneOrientationSequence: groupOf(first, 'ImageOrientationPatient'),
        CTReconstructionSequence: Dataset.of({ ConvolutionKernel: 'STANDARD' }),
        PixelValueTransformationSequence: groupOf(first, 'RescaleSlope', 'RescaleIntercept'),
      }),
    ])
    .set(
      'PerFrameFunctionalGroupsSequence',
      slices.map((slice, index) =>
        Dataset.of({
          FrameContentSequence: Dataset.of({ DimensionIndexValues: index + 1 }),
          PlanePositionSequence: groupOf(slice, 'ImagePositionPatient'),
        }),
      ),
    );
  for (const keyword of [
    'PixelSpacing',
    'SliceThickness',
    'ImageOrientationPatient',
    'ImagePositionPatient',
  ] as const)
    enhanced.delete(keyword);
  enhanced.set('PixelData', Buffer.concat(slices.map((slice) => slice.bytes('PixelData')!)), 'OW');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${series.name}.dcm`), writePart10({ dataset: enhanced }));
  await rm(singles, { recursive: true });
}

/** An X-Ray Radiation Dose SR (TID 10011) of one irradiation event; only what is read of it. */
export async function writeDoseReport(
  folder: string,
  event: { readonly eventUid: string; readonly ctdiVolMgy: number },
): Promise<void> {
  const name = (value: string, meaning: string) =>
    Dataset.of({ CodeValue: value, CodingSchemeDesignator: 'DCM', CodeMeaning: meaning });
  const unit = Dataset.of({
    CodeValue: 'mGy',
    CodingSchemeDesignator: 'UCUM',
    CodingSchemeVersion: '1.4',
    CodeMeaning: 'mGy',
  });
  const containerOf = (value: string, meaning: string, content: Dataset[]) =>
    Dataset.of({
      RelationshipType: 'CONTAINS',
      ValueType: 'CONTAINER',
      ConceptNameCodeSequence: name(value, meaning),
      ContinuityOfContent: 'SEPARATE',
      ContentSequence: content,
    });
  const uid = Dataset.of({
    RelationshipType: 'CONTAINS',
    ValueType: 'UIDREF',
    ConceptNameCodeSequence: name('113769', 'Irradiation Event UID'),
    UID: event.eventUid,
  });
  const ctdi = Dataset.of({
    RelationshipType: 'CONTAINS',
    ValueType: 'NUM',
    ConceptNameCodeSequence: name('113830', 'Mean CTDIvol'),
    MeasuredValueSequence: Dataset.of({
      NumericValue: event.ctdiVolMgy,
      MeasurementUnitsCodeSequence: unit,
    }),
  });
  const dataset = Dataset.of({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.67',
    SOPInstanceUID: uidFrom('dose report', event.eventUid),
    StudyInstanceUID: STUDY,
    SeriesInstanceUID: uidFrom('dose report series'),
    Modality: 'SR',
    PatientName: 'Test^Patient',
    PatientID: 'T-1',
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: name('113701', 'X-Ray Radiation Dose Report'),
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: [
      containerOf('113819', 'CT Acquisition', [uid, containerOf('113829', 'CT Dose', [ctdi])]),
    ],
  });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'dose.dcm'), writePart10({ dataset }));
}
