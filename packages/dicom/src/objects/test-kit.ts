import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Grid, type Mat3, toWorld, type Vec3 } from '@photopeak/imaging';
import { runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { sct } from '../codes/index.ts';
import { Dataset, type DatasetValues, UID } from '../data/index.ts';
import { uidFrom } from '../uid/index.ts';
import { writePart10 } from '../write/index.ts';
import {
  type Algorithm,
  codeItem,
  type ObjectContext,
  type SourceImages,
  sourceImages,
} from './common/index.ts';

/** Shared by the tests of the builders: synthetic source series in several orientations, and peers as one call. */

const oblique: Mat3 = (() => {
  // Rows and columns turned about two axes: no component is zero.
  const [a, b] = [0.4, 0.25];
  const x: Vec3 = [Math.cos(a), Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b)];
  const y: Vec3 = [-Math.sin(a), Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b)];
  const z: Vec3 = [0, -Math.sin(b), Math.cos(b)];
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
})();

/** Direction matrices by name; columns are the axes of i, j, k. */
export const orientations: Readonly<Record<'axial' | 'sagittal' | 'coronal' | 'oblique', Mat3>> = {
  axial: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  // rows run to posterior, columns to the feet
  sagittal: [0, 0, 1, 1, 0, 0, 0, -1, 0],
  // rows run to the left, columns to the feet, slices to posterior
  coronal: [1, 0, 0, 0, 0, 1, 0, -1, 0],
  oblique,
};

export type OrientationName = keyof typeof orientations;
export const orientationNames = Object.keys(orientations) as readonly OrientationName[];

export function testGrid(orientation: OrientationName, size: Vec3 = [13, 11, 7]): Grid {
  return {
    size,
    spacingMm: [1.5, 2.25, 3.27],
    origin: [-31.25, 17.5, -104.375],
    direction: orientations[orientation],
  };
}

/** A head that every image shares. */
function common(grid: Grid, seed: string, k: number): DatasetValues {
  const d = grid.direction;
  return {
    StudyDate: '20261101',
    SeriesDate: '20261101',
    AcquisitionDate: '20261101',
    ContentDate: '20261101',
    StudyTime: '090000',
    SeriesTime: '090500',
    AcquisitionTime: '090500',
    ContentTime: '090500',
    AccessionNumber: 'ACC1',
    Manufacturer: 'ACME',
    ManufacturerModelName: 'Scanner One',
    DeviceSerialNumber: '77',
    SoftwareVersions: ['3.1', 'build 9'],
    InstitutionName: 'General Hospital',
    ReferringPhysicianName: 'Ref^Doc',
    PatientName: 'Müller^Änne',
    PatientID: 'P001',
    PatientBirthDate: '19600101',
    PatientSex: 'F',
    PatientSize: 1.7,
    PatientWeight: 70,
    BodyPartExamined: 'CHEST',
    StudyInstanceUID: uidFrom('study'),
    SeriesInstanceUID: uidFrom('series', seed),
    SOPInstanceUID: uidFrom('instance', seed, String(k)),
    StudyID: 'S1',
    SeriesNumber: 2,
    AcquisitionNumber: 1,
    InstanceNumber: k + 1,
    FrameOfReferenceUID: uidFrom('frame of reference', 'study'),
    PositionReferenceIndicator: null,
    ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]],
    ImagePositionPatient: toWorld(grid, [0, 0, k]),
    SliceThickness: grid.spacingMm[2],
    PixelSpacing: [grid.spacingMm[1], grid.spacingMm[0]],
    Rows: grid.size[1],
    Columns: grid.size[0],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
  };
}

const supine = Dataset.of({
  CodeValue: '102538003',
  CodingSchemeDesignator: 'SCT',
  CodeMeaning: 'recumbent',
  PatientOrientationModifierCodeSequence: codeItem({ value: '40199007', scheme: 'SCT', meaning: 'supine' }),
});
const headFirst = codeItem({ value: '102540008', scheme: 'SCT', meaning: 'headfirst' });

export type TestModality = 'CT' | 'MR' | 'PT' | 'NM';

/** What a modality adds to the head. */
function special(modality: TestModality, grid: Grid, k: number): DatasetValues {
  switch (modality) {
    case 'CT':
      return {
        SOPClassUID: UID.CTImageStorage,
        Modality: 'CT',
        ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        SeriesDescription: 'CT AC 3.27',
        PatientPosition: 'HFS',
        KVP: 120,
        ConvolutionKernel: 'B30f',
        RescaleIntercept: -1024,
        RescaleSlope: 1,
        RescaleType: 'HU',
        WindowCenter: 40,
        WindowWidth: 400,
        SmallestImagePixelValue: 0,
      };
    case 'MR':
      return {
        SOPClassUID: UID.MRImageStorage,
        Modality: 'MR',
        ImageType: ['ORIGINAL', 'PRIMARY', 'OTHER'],
        SeriesDescription: 'T1',
        PatientPosition: 'HFS',
        ScanningSequence: 'SE',
        SequenceVariant: 'NONE',
        ScanOptions: null,
        MRAcquisitionType: '2D',
        RepetitionTime: 500,
        EchoTime: 10,
        EchoTrainLength: 1,
        PixelRepresentation: 0,
      };
    case 'PT':
      return {
        SOPClassUID: UID.PositronEmissionTomographyImageStorage,
        Modality: 'PT',
        ImageType: ['ORIGINAL', 'PRIMARY'],
        SeriesDescription: 'PET AC',
        SeriesTime: '100000',
        AcquisitionTime: '100000',
        CollimatorType: 'NONE',
        ActualFrameDuration: 120000,
        CorrectedImage: ['DECY', 'ATTN', 'SCAT', 'DTIM', 'RAN', 'NORM', 'DCAL'],
        RescaleIntercept: 0,
        RescaleSlope: 0.5 + k * 0.125,
        NumberOfSlices: grid.size[2],
        PatientOrientationCodeSequence: supine,
        PatientGantryRelationshipCodeSequence: headFirst,
        SeriesType: ['WHOLE BODY', 'IMAGE'],
        Units: 'BQML',
        CountsSource: 'EMISSION',
        AttenuationCorrectionMethod: 'CT',
        ScatterCorrectionMethod: null,
        DecayCorrection: 'START',
        FrameReferenceTime: 1000,
        DecayFactor: 1,
        DoseCalibrationFactor: 1,
        ImageIndex: k + 1,
        RadiopharmaceuticalInformationSequence: Dataset.of({
          Radiopharmaceutical: 'Fluorodeoxyglucose',
          RadiopharmaceuticalStartTime: '090000.000',
          RadiopharmaceuticalStartDateTime: '20261101090000',
          RadionuclideTotalDose: 370000000,
          RadionuclideHalfLife: 6586.2,
          RadionuclidePositronFraction: 0.97,
          RadionuclideCodeSequence: codeItem(sct.fluorine18),
          RadiopharmaceuticalCodeSequence: codeItem(sct.fluorodeoxyglucose),
        }),
      };
    case 'NM':
      return {
        SOPClassUID: UID.NuclearMedicineImageStorage,
        Modality: 'NM',
        ImageType: ['ORIGINAL', 'PRIMARY', 'RECON TOMO', 'EMISSION'],
        SeriesDescription: 'SPECT AC',
        PixelRepresentation: 0,
        ImagePositionPatient: undefined,
        ImageOrientationPatient: undefined,
        NumberOfFrames: grid.size[2],
        FrameIncrementPointer: [0x00540080],
        SliceVector: Array.from({ length: grid.size[2] }, (_, index) => index + 1),
        NumberOfSlices: grid.size[2],
        SpacingBetweenSlices: grid.spacingMm[2],
        CountsAccumulated: 1000,
        NumberOfRotations: 1,
        RotationInformationSequence: null,
        NumberOfEnergyWindows: 1,
        NumberOfDetectors: 1,
        EnergyWindowInformationSequence: null,
        RadiopharmaceuticalInformationSequence: null,
        PatientOrientationCodeSequence: supine,
        PatientGantryRelationshipCodeSequence: headFirst,
        DetectorInformationSequence: Dataset.of({
          CollimatorType: 'PARA',
          ImageOrientationPatient: [0, 1, 2]
            .flatMap((row) => grid.direction[row * 3]!)
            .concat([0, 1, 2].map((row) => grid.direction[row * 3 + 1]!)),
          ImagePositionPatient: toWorld(grid, [0, 0, 0]),
        }),
      };
  }
}

/** Headers of a synthetic series, one per slice (one in all for NM), without pixel data. */
export function testHeaders(modality: TestModality, grid: Grid, seed: string = modality): readonly Dataset[] {
  const count = modality === 'NM' ? 1 : grid.size[2];
  return Array.from({ length: count }, (_, k) =>
    Dataset.of({ ...common(grid, seed, k), ...special(modality, grid, k) }),
  );
}

export function testSource(modality: Exclude<TestModality, 'NM'>, grid: Grid, seed?: string): SourceImages {
  return sourceImages(grid, testHeaders(modality, grid, seed ?? modality));
}

export const testAlgorithm: Algorithm = {
  name: 'LesionNet',
  version: '1.2.3',
  manufacturer: 'Photopeak',
  parameters: ['threshold=0.5', 'connectivity=26'],
  deviceUid: uidFrom('device', 'LesionNet', '1.2.3'),
};

export function testContext(
  source: Dataset,
  name: string,
  overrides: Partial<ObjectContext> = {},
): ObjectContext {
  return {
    source,
    equipment: {
      manufacturer: 'Photopeak',
      model: 'Photopeak',
      deviceSerialNumber: '0',
      softwareVersions: '0.1.0',
    },
    seriesInstanceUid: uidFrom('result series', name),
    sopInstanceUid: uidFrom('result', name),
    seriesNumber: 900,
    seriesDescription: `AI: ${name}`,
    at: '2026-11-23T10:15:00',
    algorithms: [testAlgorithm],
    ...overrides,
  };
}

/** A folder for the files of one test file. */
export function temporaryFolder(): { readonly write: (name: string, bytes: Uint8Array) => string } {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-objects-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    write: (name, bytes) => {
      const file = path.join(folder, name);
      writeFileSync(file, bytes);
      return file;
    },
  };
}

/** Lines of dciodvfy that begin with `Error`; it exits 0 in spite of them. */
export function dciodvfyErrors(file: string): readonly string[] {
  const { output } = runPeer('dciodvfy', ['-new', file]);
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

/** pydicom reads the files completely: SOP class, patient where there is one, and, for images, the shape of the pixels, a line each. */
export function pydicomReads(...files: readonly string[]): readonly string[] {
  const script = [
    'import sys, pydicom',
    'for name in sys.argv[1:]:',
    '    ds = pydicom.dcmread(name)',
    '    n = sum(1 for _ in ds.iterall())',
    "    print(n, ds.SOPClassUID, ds.get('PatientName', ''), ds.pixel_array.shape if 'PixelData' in ds else '')",
  ].join('\n');
  const { status, output } = runPeer('python3', ['-c', script, ...files]);
  expect(status, output).toBe(0);
  return output.trim().split('\n');
}

export const encode = (dataset: Dataset): Uint8Array => writePart10({ dataset });
