import { Dataset, UID } from '@photopeak/dicom';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import { drawText } from '../../shared/tiny-font.ts';
import type { PlannedInstance } from './instance.ts';
import type { Study } from './study.ts';
import type { Vendor } from './vendors.ts';

const SIZE = 512;

/** The dose page that scanners add as a Secondary Capture: a picture of text, which no pipeline may pair. */
export function* reportSeries(study: Study, vendor: Vendor): Generator<PlannedInstance> {
  const { uid, timeline, phantom } = study;
  const at = timeline.pet + 1800;
  const { dose } = phantom.truth;
  const scanMm = phantom.ct.size[2] * phantom.ct.spacingMm[2];
  const pixels = new Uint8Array(SIZE * SIZE);
  [
    'DOSE REPORT  (COMPUTED PHANTOM)',
    '',
    'SERIES  TYPE       SCAN RANGE     CTDIVOL   DLP',
    '                   MM             MGY       MGY-CM',
    `1       SCOUT      ${scanMm.toFixed(1).padEnd(15)}-         -`,
    `2       HELICAL    ${scanMm.toFixed(1).padEnd(15)}3.20      ${((scanMm / 10) * 3.2).toFixed(1)}`,
    '',
    `TOTAL EXAM DLP: ${((scanMm / 10) * 3.2).toFixed(1)}`,
    '',
    `FDG ${(dose.injectedBq / 1e6).toFixed(0)} MBQ`,
  ].forEach((line, row) => {
    drawText(pixels, SIZE, 24, 40 + row * 20, line, 230);
  });
  const seriesUid = uid('series', 'report');
  const sopUid = uid('instance', 'report');
  const dataset = Dataset.of({
    ...study.common,
    ...vendor.equipment,
    ImageType: ['DERIVED', 'SECONDARY', 'SCREEN SAVE'],
    SOPClassUID: UID.SecondaryCaptureImageStorage,
    SOPInstanceUID: sopUid,
    Modality: 'CT',
    ConversionType: 'WSD',
    SeriesInstanceUID: seriesUid,
    SeriesNumber: vendor.numbers.report,
    SeriesDescription: vendor.descriptions.report,
    SeriesDate: dateOf(at),
    SeriesTime: timeOf(at, vendor.timeDigits),
    ContentDate: dateOf(at),
    ContentTime: timeOf(at, vendor.timeDigits),
    BodyPartExamined: 'WHOLEBODY',
    InstanceNumber: 1,
    PatientOrientation: null,
    BurnedInAnnotation: 'YES',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: SIZE,
    Columns: SIZE,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: pixels,
  });
  yield { role: 'report', seriesInstanceUid: seriesUid, sopInstanceUid: sopUid, number: 1, dataset };
}
