// Reading headers of 1000 CT files from disk: 32 KB prefix and twelve attributes, beside dicom-parser (same prefix) and
// dcmjs (whole file; it has no prefix reading). Rounds alternate, the best of five counts; files are in the page cache.
//   node bench/dicom/headers.ts
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dataset, readFileHeader, UID, uidFrom, writePart10 } from '@photopeak/dicom';
import dicomParser from 'dicom-parser';

// The copy that dcmjs-codecs brings along.
const dcmjs = createRequire(createRequire(import.meta.url).resolve('dcmjs-codecs'))('dcmjs');

const FILES = 1000;
const ROUNDS = 5;
const PREFIX = 32 * 1024;

function header(index: number): Dataset {
  const dataset = Dataset.of({
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: uidFrom('bench', String(index)),
    StudyDate: '20250102',
    SeriesDate: '20250102',
    AcquisitionDate: '20250102',
    StudyTime: '101112',
    SeriesTime: '101113',
    AcquisitionTime: '101114',
    AccessionNumber: '1',
    Modality: 'CT',
    Manufacturer: 'Bench',
    StudyDescription: 'Header bench',
    SeriesDescription: 'Axial',
    ReferencedStudySequence: [
      Dataset.of({ ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: '1.2.3' }),
    ],
    PatientName: 'Bench^Header',
    PatientID: '1',
    PatientSex: 'O',
    PatientWeight: 70,
    SliceThickness: 2.5,
    KVP: 120,
    ConvolutionKernel: 'STANDARD',
    StudyInstanceUID: '1.2.3.4',
    SeriesInstanceUID: '1.2.3.4.5',
    SeriesNumber: 2,
    InstanceNumber: index,
    ImagePositionPatient: [-250, -250, index * 2.5],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    FrameOfReferenceUID: '1.2.3.4.6',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 512,
    Columns: 512,
    PixelSpacing: [0.976562, 0.976562],
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    WindowCenter: 40,
    WindowWidth: 400,
    RescaleIntercept: -1024,
    RescaleSlope: 1,
    PixelData: new Int16Array(512 * 512),
  });
  for (let i = 0; i < 60; i++) dataset.setPrivate(0x0019, 'BENCH_PRIVATE_01', i, 'DS', i / 7);
  return dataset;
}

const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-bench-'));
const files = Array.from({ length: FILES }, (_, index) => {
  const file = path.join(folder, `${index}.dcm`);
  writeFileSync(file, writePart10({ dataset: header(index) }));
  return file;
});

const texts = [
  'SOPInstanceUID',
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'Modality',
  'PatientID',
  'FrameOfReferenceUID',
] as const;
const numbers = ['Rows', 'Columns', 'RescaleSlope', 'RescaleIntercept'] as const;
const lists = ['ImagePositionPatient', 'ImageOrientationPatient'] as const;

function ours(file: string): number {
  const { dataset } = readFileHeader(file);
  let sum = 0;
  for (const key of texts) sum += dataset.text(key)!.length;
  for (const key of numbers) sum += dataset.number(key)!;
  for (const key of lists) for (const value of dataset.numbers(key)) sum += value;
  return sum;
}

const buffer = Buffer.alloc(PREFIX);
function withDicomParser(file: string): number {
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, buffer, 0, PREFIX, 0);
  closeSync(descriptor);
  const dataset = dicomParser.parseDicom(buffer.subarray(0, length), { untilTag: 'x7fe00010' });
  let sum = 0;
  for (const tag of ['x00080018', 'x0020000d', 'x0020000e', 'x00080060', 'x00100020', 'x00200052']) {
    sum += dataset.string(tag)!.length;
  }
  sum += dataset.uint16('x00280010')! + dataset.uint16('x00280011')!;
  sum += dataset.floatString('x00281053')! + dataset.floatString('x00281052')!;
  for (let i = 0; i < 3; i++) sum += dataset.floatString('x00200032', i)!;
  for (let i = 0; i < 6; i++) sum += dataset.floatString('x00200037', i)!;
  return sum;
}

function withDcmjs(file: string): number {
  const bytes = readFileSync(file);
  const { dict } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  const value = (tag: string) => dict[tag].Value;
  let sum = 0;
  for (const tag of ['00080018', '0020000D', '0020000E', '00080060', '00100020', '00200052'])
    sum += value(tag)[0].length;
  for (const tag of ['00280010', '00280011', '00281053', '00281052']) sum += Number(value(tag)[0]);
  for (const tag of ['00200032', '00200037']) for (const number of value(tag)) sum += Number(number);
  return sum;
}

function rate(read: (file: string) => number, list: readonly string[]): { rate: number; sum: number } {
  let sum = 0;
  const start = performance.now();
  for (const file of list) sum += read(file);
  return { rate: (list.length * 1000) / (performance.now() - start), sum };
}

const best = { ours: 0, dicomParser: 0, dcmjs: 0 };
const few = files.slice(0, 200);
try {
  dcmjs.log.setLevel('error');
  for (let round = 0; round < ROUNDS; round++) {
    const a = rate(ours, files);
    const b = rate(withDicomParser, files);
    const c = rate(withDcmjs, few);
    const check = rate(ours, few);
    if (Math.abs(a.sum - b.sum) > 1e-3 || Math.abs(check.sum - c.sum) > 1e-3)
      throw new Error('values differ');
    best.ours = Math.max(best.ours, a.rate);
    best.dicomParser = Math.max(best.dicomParser, b.rate);
    best.dcmjs = Math.max(best.dcmjs, c.rate);
  }
} finally {
  rmSync(folder, { recursive: true });
}
const show = (name: string, peer: number) =>
  console.log(
    `${name}: ours ${best.ours.toFixed(0)} files/s, peer ${peer.toFixed(0)} files/s, ratio ${(best.ours / peer).toFixed(2)}`,
  );
show('dicom headers, dcmjs', best.dcmjs);
show('dicom headers, dicom-parser', best.dicomParser);
