import { type Grid, sameGrid, toWorld } from '@photopeak/imaging';
import { Dataset, type Keyword, Tag, UID } from '../../data/index.ts';
import { objectError, orientationOf, referenceTo } from '../common/index.ts';
import {
  type DerivedSeriesInput,
  finish,
  type InstancePlan,
  imageType,
  type Kind,
  rescaleOf,
  startInstance,
} from './instance.ts';
import { deriveMultiFrame, isEnhancedImage } from './multi-frame.ts';
import { slicesUnder } from './planes.ts';
import { extentOf, fits, type Rescale, type StoredRange, spread, storedRange, toStored } from './scale.ts';

const kinds: Readonly<Record<string, Kind>> = {
  [UID.CTImageStorage]: 'CT',
  [UID.MRImageStorage]: 'MR',
  [UID.PositronEmissionTomographyImageStorage]: 'PT',
  [UID.NuclearMedicineImageStorage]: 'NM',
};

/** What was decided for the whole series before its first instance. */
interface Plan extends InstancePlan {
  readonly grid: Grid;
  readonly range: StoredRange;
  /** One for the series, or undefined where each slice has its own. */
  readonly rescale: Rescale | undefined;
}

function kindOf({ source: { headers, grid }, volume }: DerivedSeriesInput): Kind {
  const sopClass = headers[0]?.text('SOPClassUID') ?? '';
  const kind = kinds[sopClass];
  if (kind === undefined) {
    throw objectError('DERIVED_SOURCE_UNSUPPORTED', 'No derived series is made of this SOP class', {
      expected: 'CT, MR or PET Image Storage, single-frame or enhanced, or NM Image Storage',
      found: sopClass,
    });
  }
  const frames = headers[0]?.number('NumberOfFrames') ?? 1;
  const expected = kind === 'NM' ? 1 : grid.size[2];
  // Resampled slices may come from some of the frames, or from sums of them (gates).
  const needsFrames = kind === 'NM' && sameGrid(volume, grid);
  if (headers.length !== expected || (needsFrames && frames !== grid.size[2])) {
    throw objectError('OBJECT_INPUT_INVALID', 'The source headers do not match the slices of its grid', {
      expected: kind === 'NM' ? `one instance of ${grid.size[2]} frames` : `${expected} headers`,
      found: kind === 'NM' ? `${headers.length} of ${frames} frames` : `${headers.length} headers`,
    });
  }
  return kind;
}

/** Intercept is 0 in PET (PS3.3 C.8.9.4.1.2). */
const PET_INTERCEPT = 0;

/**
 * How the values are stored: with the source's rescale where they fit, its range of bits first widened to 16; else
 * with one that spreads them. PET on its own grid keeps a slope per slice; everything else has one for the series.
 */
function planSeries(input: DerivedSeriesInput): Plan {
  const { source, volume } = input;
  const kind = kindOf(input);
  const first = source.headers[0]!;
  const signed = first.number('PixelRepresentation') === 1;
  const declared = first.number('BitsAllocated') === 16 ? (first.number('BitsStored') ?? 16) : 16;
  const isResampled = !sameGrid(volume, source.grid);
  const perSlice = kind === 'PT' && !isResampled;
  const plan = { kind, grid: volume, isResampled };
  const fixedIntercept = kind === 'PT' ? PET_INTERCEPT : undefined;
  const extent = extentOf(volume.data, 0, volume.data.length);
  if (perSlice)
    return { ...plan, bitsStored: declared, range: storedRange(declared, signed), rescale: undefined };
  const isUniform = source.headers.every((header) => {
    const { slope, intercept } = rescaleOf(header);
    return slope === rescaleOf(first).slope && intercept === rescaleOf(first).intercept;
  });
  if (input.scale !== 'spread' && isUniform) {
    for (const bits of [declared, 16]) {
      const range = storedRange(bits, signed);
      if (fits(extent, rescaleOf(first), range)) {
        return { ...plan, bitsStored: bits, range, rescale: rescaleOf(first) };
      }
    }
  }
  const range = storedRange(16, signed);
  return { ...plan, bitsStored: 16, range, rescale: spread(extent, range, fixedIntercept) };
}

function rescaleOfSlice(input: DerivedSeriesInput, plan: Plan, k: number, header: Dataset): Rescale {
  if (plan.rescale !== undefined) return plan.rescale;
  const area = plan.grid.size[0] * plan.grid.size[1];
  const extent = extentOf(input.volume.data, k * area, (k + 1) * area);
  const own = rescaleOf(header);
  const keeps = input.scale !== 'spread' && fits(extent, own, plan.range);
  return keeps ? own : spread(extent, plan.range, PET_INTERCEPT);
}

/** Image Plane, PS3.3 C.7.6.2, of a slice that lies elsewhere than its source. */
function addPlane(object: Dataset, input: DerivedSeriesInput, plan: Plan, k: number): void {
  const { grid } = plan;
  object.set('Rows', grid.size[1]);
  object.set('Columns', grid.size[0]);
  object.set('PixelSpacing', [grid.spacingMm[1], grid.spacingMm[0]]);
  object.set('SliceThickness', grid.spacingMm[2]);
  object.delete('SliceLocation');
  if (object.has('SpacingBetweenSlices')) object.set('SpacingBetweenSlices', grid.spacingMm[2]);
  object.set('ImageOrientationPatient', orientationOf(grid, input.target));
  object.set('ImagePositionPatient', toWorld(grid, [0, 0, k]));
}

function setRescale(object: Dataset, header: Dataset, rescale: Rescale): void {
  const own = rescaleOf(header);
  if (own.slope === rescale.slope && own.intercept === rescale.intercept) return;
  object.set('RescaleSlope', rescale.slope);
  object.set('RescaleIntercept', rescale.intercept);
}

function derivedSlice(input: DerivedSeriesInput, plan: Plan, k: number): Dataset {
  const { source, volume } = input;
  const under = plan.isResampled ? slicesUnder(plan.grid, k, source.grid) : { first: k, last: k, nearest: k };
  const header = source.headers[under.nearest]!;
  const sources = source.headers.slice(under.first, under.last + 1).map(referenceTo);
  const object = startInstance(input, plan, header, (input.firstNumber ?? 1) + k, sources);
  if (plan.isResampled) addPlane(object, input, plan, k);
  if (plan.kind === 'PT') {
    object.set('NumberOfSlices', plan.grid.size[2]);
    object.set('ImageIndex', k + 1);
  }
  const rescale = rescaleOfSlice(input, plan, k, header);
  setRescale(object, header, rescale);
  const area = plan.grid.size[0] * plan.grid.size[1];
  object.set('PixelData', toStored(volume.data, k * area, (k + 1) * area, rescale, plan.range), 'OW');
  finish(object, input);
  return object;
}

/** What tells the gates of a heart beat apart: a resampled volume is one image. */
const gatedAttributes = [
  'RRIntervalVector',
  'TimeSlotVector',
  'NumberOfRRIntervals',
  'NumberOfTimeSlots',
  'GatedInformationSequence',
] as const satisfies readonly Keyword[];

/** Type 2 attributes of the modules of an NM tomogram that old cameras leave out (PS3.3 C.8.4.6, C.8.4.10, C.8.4.12). */
const expectedInNm = [
  'PatientOrientationCodeSequence',
  'PatientGantryRelationshipCodeSequence',
  'EnergyWindowInformationSequence',
  'RadiopharmaceuticalInformationSequence',
  'RotationInformationSequence',
] as const satisfies readonly Keyword[];

const withoutGates = (value: string): string => (value === 'RECON GATED TOMO' ? 'RECON TOMO' : value);

/** NM holds all slices of a reconstruction in one instance (PS3.3 C.8.4.8). */
function derivedNm(input: DerivedSeriesInput, plan: Plan): Dataset {
  const { volume, source } = input;
  const { grid } = plan;
  const header = source.headers[0]!;
  const object = startInstance(input, plan, header, input.firstNumber ?? 1, [referenceTo(header)]);
  object.set('NumberOfFrames', grid.size[2]);
  object.set('NumberOfSlices', grid.size[2]);
  if (plan.isResampled) {
    for (const keyword of gatedAttributes) object.delete(keyword);
    object.set('ImageType', imageType(plan.kind, header).map(withoutGates));
    object.set('FrameIncrementPointer', [Tag.SliceVector]);
    object.set(
      'SliceVector',
      Array.from({ length: grid.size[2] }, (_, index) => index + 1),
    );
    object.set('Rows', grid.size[1]);
    object.set('Columns', grid.size[0]);
    object.set('PixelSpacing', [grid.spacingMm[1], grid.spacingMm[0]]);
    object.set('SliceThickness', grid.spacingMm[2]);
    object.set('SpacingBetweenSlices', grid.spacingMm[2]);
    const detector = new Dataset();
    for (const element of header.item('DetectorInformationSequence') ?? []) detector.setElement(element);
    // Old cameras leave it out; type 2 (PS3.3 C.8.4.11).
    if (!detector.has('CollimatorType')) detector.set('CollimatorType', null);
    detector.set('ImageOrientationPatient', orientationOf(grid, input.target));
    detector.set('ImagePositionPatient', toWorld(grid, [0, 0, 0]));
    object.set('DetectorInformationSequence', detector);
  }
  for (const keyword of expectedInNm) if (!object.has(keyword)) object.set(keyword, null);
  const rescale = plan.rescale!;
  setRescale(object, header, rescale);
  const area = grid.size[0] * grid.size[1];
  const frames = plan.isResampled ? undefined : source.frames;
  const pixels =
    plan.range.low < 0 ? new Int16Array(volume.data.length) : new Uint16Array(volume.data.length);
  for (let k = 0; k < grid.size[2]; k++) {
    const frame = frames?.[k] ?? k + 1;
    pixels.set(toStored(volume.data, k * area, (k + 1) * area, rescale, plan.range), (frame - 1) * area);
  }
  object.set('PixelData', pixels, 'OW');
  finish(object, input);
  return object;
}

/**
 * The instances of a derived series, one after the other, so that a writer needs one at a time: the source's SOP
 * class, new UIDs, the source's frame of reference and times, and the lineage that a reader needs to tell the two
 * apart. PET keeps its times and units, so that SUV can be computed as from the original.
 */
export function* deriveInstances(input: DerivedSeriesInput): Generator<Dataset, void, undefined> {
  if (isEnhancedImage(input.source.headers[0])) {
    yield* deriveMultiFrame(input);
    return;
  }
  const plan = planSeries(input);
  if (plan.kind === 'NM') {
    yield derivedNm(input, plan);
    return;
  }
  for (let k = 0; k < plan.grid.size[2]; k++) yield derivedSlice(input, plan, k);
}

/** All instances of `deriveInstances` at once. */
export function buildDerivedSeries(input: DerivedSeriesInput): readonly Dataset[] {
  return [...deriveInstances(input)];
}
