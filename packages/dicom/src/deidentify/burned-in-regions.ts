import { type Dataset, UID } from '../data/index.ts';

/** Left, top, width, height in pixels. */
export type Area = readonly [left: number, top: number, width: number, height: number];

/**
 * Where a kind of device writes text into its pictures. Texts match where they are contained, whatever their case; all
 * that are given must match. No areas: the pictures of this device are known to be clean.
 */
export interface BurnedInRegion {
  readonly modality?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly imageType?: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly areas: readonly Area[];
}

/** As published for common devices in the pixel filters of the RSNA Clinical Trial Processor. A site adds its own. */
export const burnedInRegions: readonly BurnedInRegion[] = [
  {
    modality: 'CT',
    manufacturer: 'GE',
    imageType: 'SCREEN SAVE',
    rows: 512,
    columns: 512,
    areas: [[0, 0, 512, 121]],
  },
  { modality: 'CT', manufacturer: 'SIEMENS', imageType: 'SECONDARY', rows: 860, areas: [[0, 0, 1132, 60]] },
  { modality: 'CT', manufacturer: 'PHILIPS', imageType: 'DOSE', areas: [[0, 0, 512, 135]] },
  {
    modality: 'PT',
    manufacturer: 'Philips',
    model: 'GEMINI',
    rows: 446,
    columns: 245,
    areas: [[0, 0, 125, 50]],
  },
  {
    modality: 'PT',
    manufacturer: 'Philips',
    model: 'GEMINI',
    rows: 445,
    columns: 493,
    areas: [[0, 0, 140, 55]],
  },
  {
    modality: 'PT',
    manufacturer: 'Philips',
    model: 'GEMINI',
    rows: 373,
    columns: 492,
    areas: [[0, 0, 100, 25]],
  },
  { modality: 'US', manufacturer: 'GE', model: 'LOGIQ9', areas: [[0, 0, 640, 30]] },
  { modality: 'US', manufacturer: 'Philips', model: 'iU22', rows: 480, areas: [[0, 0, 640, 47]] },
  { modality: 'US', manufacturer: 'Philips', model: 'iU22', rows: 600, areas: [[0, 0, 800, 59]] },
  { modality: 'US', manufacturer: 'Philips', model: 'iU22', rows: 786, areas: [[0, 0, 1024, 75]] },
  { modality: 'US', manufacturer: 'Philips', model: 'EPIQ', rows: 600, areas: [[0, 0, 1024, 49]] },
  { modality: 'US', manufacturer: 'Philips', model: 'EPIQ', rows: 768, areas: [[0, 0, 1024, 49]] },
  {
    modality: 'US',
    manufacturer: 'SIEMENS',
    model: 'S2000',
    rows: 768,
    columns: 1024,
    areas: [[0, 0, 1024, 60]],
  },
  {
    modality: 'US',
    manufacturer: 'ACUSON',
    model: 'SEQUOIA',
    rows: 480,
    columns: 640,
    areas: [[0, 0, 640, 30]],
  },
  {
    modality: 'US',
    manufacturer: 'TOSHIBA',
    model: 'A500',
    rows: 720,
    columns: 960,
    areas: [[0, 0, 960, 60]],
  },
  { modality: 'NM', manufacturer: 'SIEMENS', imageType: 'SECONDARY', rows: 865, areas: [[0, 0, 1132, 35]] },
]; // prettier-ignore

/** Pictures of screens and of devices that write into them. */
const suspectClasses: ReadonlySet<string> = new Set([
  UID.SecondaryCaptureImageStorage,
  UID.MultiFrameSingleBitSecondaryCaptureImageStorage,
  UID.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
  UID.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
  UID.MultiFrameTrueColorSecondaryCaptureImageStorage,
  UID.UltrasoundImageStorage,
  UID.UltrasoundMultiFrameImageStorage,
]);
const suspectModalities: ReadonlySet<string> = new Set([
  'US',
  'XA',
  'RF',
  'SC',
  'OT',
  'ES',
  'SM',
  'XC',
  'GM',
]);

export type BurnedIn =
  | { readonly kind: 'none' }
  | { readonly kind: 'areas'; readonly areas: readonly Area[] }
  | { readonly kind: 'outside'; readonly areas: readonly Area[] }
  | { readonly kind: 'unknown' };

/**
 * Where the pixels of an image may hold text. `areas` are to be blanked, of `outside` everything around them; `unknown`
 * means that it is suspect and nobody knows where.
 */
export function burnedInText(dataset: Dataset, regions: readonly BurnedInRegion[]): BurnedIn {
  if (!dataset.has('PixelData')) return { kind: 'none' };
  const known = regions.filter((region) => matches(dataset, region));
  if (known.length > 0) return { kind: 'areas', areas: known.flatMap(({ areas }) => areas) };
  const flag = dataset.text('BurnedInAnnotation');
  if (flag === 'NO') return { kind: 'none' };
  // An ultrasound picture says where the ultrasound is; text stands around it (PS3.3 C.8.5.5).
  const ultrasound = dataset.items('SequenceOfUltrasoundRegions').flatMap((item): Area[] => {
    const [left, top, right, bottom] = (
      ['RegionLocationMinX0', 'RegionLocationMinY0', 'RegionLocationMaxX1', 'RegionLocationMaxY1'] as const
    ).map((keyword) => item.number(keyword));
    if (left === undefined || top === undefined || right === undefined || bottom === undefined) return [];
    return [[left, top, right - left + 1, bottom - top + 1]];
  });
  if (ultrasound.length > 0) return { kind: 'outside', areas: ultrasound };
  const suspect =
    flag === 'YES' ||
    suspectClasses.has(dataset.text('SOPClassUID') ?? '') ||
    suspectModalities.has(dataset.text('Modality') ?? '') ||
    dataset.texts('ImageType').some((value) => /SCREEN/i.test(value));
  return { kind: suspect ? 'unknown' : 'none' };
}

function matches(dataset: Dataset, region: BurnedInRegion): boolean {
  const contains = (text: string | undefined, part: string | undefined) =>
    part === undefined || (text ?? '').toLowerCase().includes(part.toLowerCase());
  return (
    contains(dataset.text('Modality'), region.modality) &&
    contains(dataset.text('Manufacturer'), region.manufacturer) &&
    contains(dataset.text('ManufacturerModelName'), region.model) &&
    contains(dataset.texts('ImageType').join('\\'), region.imageType) &&
    (region.rows === undefined || dataset.number('Rows') === region.rows) &&
    (region.columns === undefined || dataset.number('Columns') === region.columns)
  );
}
