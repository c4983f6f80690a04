import { Dataset, type DatasetValues, UID } from '@photopeak/dicom';
import { dateOf, timeOf } from '../../shared/local-time.ts';
import type { PlannedInstance } from './instance.ts';
import type { Study } from './study.ts';
import type { Vendor } from './vendors.ts';

/** Table feed of the helical scan, mm per second. */
const FEED_MM_PER_SECOND = 45;
const LOCALIZER_SPACING_MM = 1;

/** The CT series, one instance per slice. */
export function* ctSeries(study: Study, vendor: Vendor): Generator<PlannedInstance> {
  const { ct: volume } = study.phantom;
  const { uid, timeline } = study;
  const [width, height, count] = volume.size;
  const { signed, bitsStored, intercept, padding } = vendor.ct;
  const seriesUid = uid('series', 'ct');
  const shared: DatasetValues = {
    ...study.common,
    ...vendor.equipment,
    ...vendor.ct.attributes,
    ImageType: vendor.ct.imageType,
    SOPClassUID: UID.CTImageStorage,
    Modality: 'CT',
    SeriesInstanceUID: seriesUid,
    SeriesNumber: vendor.numbers.ct,
    SeriesDescription: vendor.descriptions.ct,
    SeriesDate: dateOf(timeline.ct),
    SeriesTime: timeOf(timeline.ct, vendor.timeDigits),
    AcquisitionNumber: 1,
    BodyPartExamined: 'WHOLEBODY',
    PatientPosition: 'HFS',
    FrameOfReferenceUID: study.frameOfReference.ct,
    SliceThickness: vendor.ct.sliceThicknessMm(volume.spacingMm[2]),
    ReconstructionDiameter: width * volume.spacingMm[0],
    ContrastBolusAgent: study.phantom.truth.contrast ? 'IV contrast (simulated)' : undefined,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: height,
    Columns: width,
    PixelSpacing: [volume.spacingMm[1], volume.spacingMm[0]],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    BitsAllocated: 16,
    BitsStored: bitsStored,
    HighBit: bitsStored - 1,
    PixelRepresentation: signed ? 1 : 0,
    PixelPaddingValue: padding,
    RescaleIntercept: intercept,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: 40,
    WindowWidth: 400,
  };
  const corners = cornerMask(width, height);
  const highest = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  for (let index = 0; index < count; index++) {
    const k = vendor.headFirst ? count - 1 - index : index;
    const z = volume.origin[2] + k * volume.spacingMm[2];
    const at = timeline.ct + 4 + (index * volume.spacingMm[2]) / FEED_MM_PER_SECOND;
    const plane = volume.data.subarray(k * width * height, (k + 1) * width * height);
    const stored = Int16Array.from(plane, (hu) =>
      Math.min(highest, Math.max(signed ? -32768 : 0, hu - intercept)),
    );
    corners.forEach((n) => {
      stored[n] = padding ?? (signed ? -1024 - intercept : 0);
    });
    const sopUid = uid('instance', 'ct', k);
    const dataset = Dataset.of({
      ...shared,
      SOPInstanceUID: sopUid,
      InstanceNumber: index + 1,
      AcquisitionDate: dateOf(at),
      AcquisitionTime: timeOf(at, vendor.timeDigits),
      ContentDate: dateOf(at),
      ContentTime: timeOf(at, vendor.timeDigits),
      ImagePositionPatient: [volume.origin[0], volume.origin[1], z],
      SliceLocation: z,
      PixelData: stored,
    });
    vendor.privateCt(dataset);
    yield { role: 'ct', seriesInstanceUid: seriesUid, sopInstanceUid: sopUid, number: index + 1, dataset };
  }
}

/** Pixels outside the circle that a scanner reconstructs. */
function cornerMask(width: number, height: number): number[] {
  const list: number[] = [];
  const radius = width / 2;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const dx = i - (width - 1) / 2;
      const dy = j - (height - 1) / 2;
      if (dx * dx + dy * dy > radius * radius) list.push(i + j * width);
    }
  }
  return list;
}

/** The frontal projection that the technologist plans on: a CT instance that must never be paired with PET. */
export function* localizerSeries(study: Study, vendor: Vendor): Generator<PlannedInstance> {
  const { ct: volume } = study.phantom;
  const { uid, timeline } = study;
  const [width, height, depth] = volume.size;
  const rows = Math.floor(((depth - 1) * volume.spacingMm[2]) / LOCALIZER_SPACING_MM) + 1;
  const top = volume.origin[2] + (depth - 1) * volume.spacingMm[2];
  const projection = new Float32Array(width * depth);
  for (let k = 0; k < depth; k++) {
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        projection[i + k * width]! += Math.max(0, 1000 + volume.data[i + width * (j + height * k)]!);
      }
    }
  }
  // 1000 HU over one millimetre is one millimetre of water; the picture shows water thickness
  const perMm = volume.spacingMm[1] / 1000;
  const stored = new Int16Array(width * rows);
  for (let row = 0; row < rows; row++) {
    const at = depth - 1 - (row * LOCALIZER_SPACING_MM) / volume.spacingMm[2];
    const k = Math.max(0, Math.min(depth - 2, Math.floor(at)));
    const f = at - k;
    for (let i = 0; i < width; i++) {
      const water = projection[i + k * width]! * (1 - f) + projection[i + (k + 1) * width]! * f;
      stored[i + row * width] = Math.round(water * perMm * 4);
    }
  }
  const seriesUid = uid('series', 'localizer');
  const sopUid = uid('instance', 'localizer');
  const when = { date: dateOf(timeline.localizer), time: timeOf(timeline.localizer, vendor.timeDigits) };
  const dataset = Dataset.of({
    ...study.common,
    ...vendor.equipment,
    ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'],
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: sopUid,
    Modality: 'CT',
    SeriesInstanceUID: seriesUid,
    SeriesNumber: vendor.numbers.localizer,
    SeriesDescription: vendor.descriptions.localizer,
    SeriesDate: when.date,
    SeriesTime: when.time,
    AcquisitionDate: when.date,
    AcquisitionTime: when.time,
    ContentDate: when.date,
    ContentTime: when.time,
    AcquisitionNumber: 1,
    InstanceNumber: 1,
    BodyPartExamined: 'WHOLEBODY',
    KVP: 120,
    PatientPosition: 'HFS',
    FrameOfReferenceUID: study.frameOfReference.ct,
    PositionReferenceIndicator: null,
    SliceThickness: height * volume.spacingMm[1],
    ImagePositionPatient: [
      volume.origin[0],
      volume.origin[1] + ((height - 1) * volume.spacingMm[1]) / 2,
      top,
    ],
    ImageOrientationPatient: [1, 0, 0, 0, 0, -1],
    PixelSpacing: [LOCALIZER_SPACING_MM, volume.spacingMm[0]],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: width,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: 500,
    WindowWidth: 1000,
    PixelData: stored,
  });
  yield { role: 'localizer', seriesInstanceUid: seriesUid, sopInstanceUid: sopUid, number: 1, dataset };
}
