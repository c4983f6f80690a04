import { sameGrid, toWorld } from '@photopeak/imaging';
import { dcm } from '../../codes/index.ts';
import { Dataset, isPrivate, type Keyword, Tag, UID } from '../../data/index.ts';
import { uidFrom } from '../../uid/index.ts';
import {
  codeItem,
  hierarchicalItems,
  objectError,
  orientationOf,
  referenceTo,
  sopReferenceItem,
} from '../common/index.ts';
import { copyOf, rescaleFrame, rescaleOfFrame, scaleOfFrame } from './frame-scale.ts';
import { type DerivedSeriesInput, finish, type Kind, startInstance } from './instance.ts';
import { slicesUnder } from './planes.ts';
import { extentOf, fits, type Rescale, type StoredRange, spread, storedRange, toStored } from './scale.ts';

/** The images that hold their frames in functional groups, and where each frame says what it is. */
const enhancedKinds: Readonly<Record<string, { readonly kind: Kind; readonly frameType: Keyword }>> = {
  [UID.EnhancedCTImageStorage]: { kind: 'CT', frameType: 'CTImageFrameTypeSequence' },
  [UID.LegacyConvertedEnhancedCTImageStorage]: { kind: 'CT', frameType: 'CTImageFrameTypeSequence' },
  [UID.EnhancedMRImageStorage]: { kind: 'MR', frameType: 'MRImageFrameTypeSequence' },
  [UID.LegacyConvertedEnhancedMRImageStorage]: { kind: 'MR', frameType: 'MRImageFrameTypeSequence' },
  [UID.EnhancedPETImageStorage]: { kind: 'PT', frameType: 'PETFrameTypeSequence' },
  [UID.LegacyConvertedEnhancedPETImageStorage]: { kind: 'PT', frameType: 'PETFrameTypeSequence' },
};

/** Enhanced CT, MR or PET, original or converted from single frames. */
export const isEnhancedImage = (header: Dataset | undefined): boolean =>
  enhancedKinds[header?.text('SOPClassUID') ?? ''] !== undefined;

/** One frame of a source. */
interface SourceFrame {
  readonly header: Dataset;
  /** From 1. */
  readonly frame: number;
  readonly own: Dataset | undefined;
  readonly shared: Dataset | undefined;
}

/** One frame of the result: which plane of the volume, and the frames that it was computed from. */
interface DerivedFrame {
  readonly k: number;
  readonly nearest: SourceFrame;
  readonly sources: readonly SourceFrame[];
}

/** PET has no intercept (PS3.3 C.8.22.3). */
const PET_INTERCEPT = 0;

function sourceFrames({ source: { grid, headers, frames } }: DerivedSeriesInput): readonly SourceFrame[] {
  const slices = grid.size[2];
  if (headers.length !== 1 && headers.length !== slices) {
    throw objectError('OBJECT_INPUT_INVALID', 'The source headers do not match the slices of its grid', {
      expected: `one header, or ${slices}`,
      found: `${headers.length} headers`,
    });
  }
  const groups = new Map<Dataset, { shared: Dataset | undefined; perFrame: readonly Dataset[] }>();
  return Array.from({ length: slices }, (_, k) => {
    const header = headers[headers.length === 1 ? 0 : k]!;
    const frame = frames?.[k] ?? (headers.length === 1 ? k + 1 : 1);
    let found = groups.get(header);
    if (found === undefined) {
      found = {
        shared: header.item('SharedFunctionalGroupsSequence'),
        perFrame: header.items('PerFrameFunctionalGroupsSequence'),
      };
      groups.set(header, found);
    }
    return { header, frame, shared: found.shared, own: found.perFrame[frame - 1] };
  });
}

/**
 * The instances of a series derived from enhanced multi-frame images, in their SOP class: one for each of theirs that
 * frames come from, frames in the order of the volume. What holds of a frame (times, exposure, echo, diffusion,
 * anatomy) stays with it; its place, what its values mean, what it is and where it comes from are written anew.
 */
export function* deriveMultiFrame(input: DerivedSeriesInput): Generator<Dataset, void, undefined> {
  const { volume, source } = input;
  const from = sourceFrames(input);
  const isResampled = !sameGrid(volume, source.grid);
  const byInstance = new Map<Dataset, DerivedFrame[]>();
  for (let k = 0; k < volume.size[2]; k++) {
    const under = isResampled ? slicesUnder(volume, k, source.grid) : { first: k, last: k, nearest: k };
    const nearest = from[under.nearest]!;
    const frame = { k, nearest, sources: from.slice(under.first, under.last + 1) };
    byInstance.set(nearest.header, [...(byInstance.get(nearest.header) ?? []), frame]);
  }
  let number = (input.firstNumber ?? 1) - 1;
  for (const [header, frames] of byInstance)
    yield derivedInstance(input, header, frames, { isResampled, number: ++number });
}

interface Where {
  readonly isResampled: boolean;
  /** Of the instance in its series, from 1. */
  readonly number: number;
}

function derivedInstance(
  input: DerivedSeriesInput,
  header: Dataset,
  frames: readonly DerivedFrame[],
  { isResampled, number }: Where,
): Dataset {
  const { volume } = input;
  const { kind, frameType } = enhancedKinds[header.text('SOPClassUID') ?? '']!;
  const scale = planScale(input, header, frames, kind);
  const references = frames.flatMap(({ sources }) => sources.map((one) => referenceTo(one.header)));
  const unique = [...new Map(references.map((one) => [one.sopInstanceUid, one])).values()];
  const plan = { kind, isResampled, bitsStored: scale.bitsStored };
  const object = startInstance(input, plan, header, number, unique);
  // Where frames come from stands with each frame (PS3.3 C.7.6.16.2.6).
  for (const keyword of onceOnly) object.delete(keyword);
  object.set('SourceImageEvidenceSequence', hierarchicalItems(unique));
  object.copyFrom(header, ['PresentationLUTShape']);
  const type = header.texts('ImageType');
  object.set('ImageType', typeOf(type, isResampled));
  object.set('NumberOfFrames', frames.length);
  object.set('Rows', volume.size[1]);
  object.set('Columns', volume.size[0]);
  addDimensions(object, input.context.seriesInstanceUid);

  const shared = withoutForeign(frames[0]!.nearest.shared);
  for (const keyword of perFrameGroups) shared.delete(keyword);
  if (scale.changes) for (const keyword of scaleGroups) shared.delete(keyword);
  if (isResampled) {
    const measures = copyOf(frames[0]!.nearest.shared?.item('PixelMeasuresSequence') ?? new Dataset());
    measures.set('PixelSpacing', [volume.spacingMm[1], volume.spacingMm[0]]);
    measures.set('SliceThickness', volume.spacingMm[2]);
    if (measures.has('SpacingBetweenSlices')) measures.set('SpacingBetweenSlices', volume.spacingMm[2]);
    shared.set('PixelMeasuresSequence', measures);
    const orientation = orientationOf(volume, input.target);
    shared.set('PlaneOrientationSequence', Dataset.of({ ImageOrientationPatient: [...orientation] }));
  }
  retype(shared, frameType, isResampled);
  object.set('SharedFunctionalGroupsSequence', shared);
  const area = volume.size[0] * volume.size[1];
  const pixels =
    scale.range.low < 0 ? new Int16Array(area * frames.length) : new Uint16Array(area * frames.length);
  object.set(
    'PerFrameFunctionalGroupsSequence',
    frames.map((frame, index) => {
      const rescale = scale.frames[index]!;
      const { k, nearest } = frame;
      pixels.set(toStored(volume.data, k * area, (k + 1) * area, rescale, scale.range), index * area);
      const group = withoutForeign(nearest.own);
      addPlace(group, input, frame, isResampled);
      retype(group, frameType, isResampled);
      addSources(group, input, frame, isResampled);
      if (scale.changes) {
        for (const keyword of scaleGroups) group.delete(keyword);
        const own = rescaleOfFrame(nearest.own, nearest.shared);
        rescaleFrame(group, scaleOfFrame(nearest.own, nearest.shared), own, rescale, scale.range);
      }
      return group;
    }),
  );
  object.set('PixelData', pixels, 'OW');
  finish(object, input);
  // Each frame has a laterality of its own (PS3.3 C.7.3.1, Frame Anatomy).
  if (object.text('Laterality') === undefined) object.delete('Laterality');
  return object;
}

/** Attributes of single-frame images and of concatenations, which a whole new instance does not have. */
const onceOnly = [
  'SourceImageSequence',
  'DerivationDescription',
  'DerivationCodeSequence',
  'ReferencedImageEvidenceSequence',
  'ConcatenationUID',
  'ConcatenationFrameOffsetNumber',
  'InConcatenationNumber',
  'InConcatenationTotalNumber',
  'SOPInstanceUIDOfConcatenationSource',
  'DimensionOrganizationType',
] as const satisfies readonly Keyword[];

/** Written for each frame, wherever the source has them. */
const perFrameGroups = [
  'FrameContentSequence',
  'PlanePositionSequence',
  'DerivationImageSequence',
] as const satisfies readonly Keyword[];

const scaleGroups = [
  'PixelValueTransformationSequence',
  'RealWorldValueMappingSequence',
] as const satisfies readonly Keyword[];

/** References to other images, and what a conversion left over of single-frame headers. */
const dropped: ReadonlySet<number> = new Set(
  (
    [
      'ReferencedImageSequence',
      'ConversionSourceAttributesSequence',
      'UnassignedSharedConvertedAttributesSequence',
      'UnassignedPerFrameConvertedAttributesSequence',
      'DerivationImageSequence',
    ] as const satisfies readonly Keyword[]
  ).map((keyword) => Tag[keyword]),
);

/** A functional group without private parts and references. */
function withoutForeign(group: Dataset | undefined): Dataset {
  const copy = new Dataset();
  for (const element of group ?? [])
    if (!isPrivate(element.tag) && !dropped.has(element.tag)) copy.setElement(element);
  return copy;
}

/** Image Type and Frame Type, PS3.3 C.8.16.1: value 2 of enhanced images is PRIMARY; value 4 says how pixels were combined. */
function typeOf(source: readonly string[], isResampled: boolean): string[] {
  const [, , third = 'VOLUME', fourth = 'NONE'] = source;
  return ['DERIVED', 'PRIMARY', third, isResampled ? 'RESAMPLED' : fourth];
}

function retype(group: Dataset, sequence: Keyword, isResampled: boolean): void {
  const item = group.item(sequence);
  if (item === undefined) return;
  const copy = copyOf(item);
  copy.set('FrameType', typeOf(item.texts('FrameType'), isResampled));
  group.set(sequence, copy);
}

const STACK = '1';

/** One stack whose frames are counted, PS3.3 C.7.6.17. */
function addDimensions(object: Dataset, seriesInstanceUid: string): void {
  const uid = uidFrom(seriesInstanceUid, 'dimensions');
  object.set('DimensionOrganizationSequence', Dataset.of({ DimensionOrganizationUID: uid }));
  object.set(
    'DimensionIndexSequence',
    (['StackID', 'InStackPositionNumber'] as const).map((keyword) =>
      Dataset.of({
        DimensionOrganizationUID: uid,
        DimensionIndexPointer: Tag[keyword],
        FunctionalGroupPointer: Tag.FrameContentSequence,
      }),
    ),
  );
}

function addPlace(
  group: Dataset,
  { volume }: DerivedSeriesInput,
  { k, nearest }: DerivedFrame,
  isResampled: boolean,
): void {
  const content = copyOf(group.item('FrameContentSequence') ?? new Dataset());
  content.set('StackID', STACK);
  content.set('InStackPositionNumber', k + 1);
  content.set('DimensionIndexValues', [1, k + 1]);
  group.set('FrameContentSequence', content);
  if (isResampled) {
    group.delete('PixelMeasuresSequence');
    group.delete('PlaneOrientationSequence');
    group.set('PlanePositionSequence', Dataset.of({ ImagePositionPatient: toWorld(volume, [0, 0, k]) }));
    return;
  }
  const position =
    nearest.own?.item('PlanePositionSequence') ?? nearest.shared?.item('PlanePositionSequence');
  if (position !== undefined) group.set('PlanePositionSequence', position);
}

function addSources(
  group: Dataset,
  { derivations, derivationDescription }: DerivedSeriesInput,
  { sources }: DerivedFrame,
  isResampled: boolean,
): void {
  group.set(
    'DerivationImageSequence',
    Dataset.of({
      DerivationDescription: derivationDescription.slice(0, 1024),
      DerivationCodeSequence: derivations.map(codeItem),
      SourceImageSequence: sources.map(({ header, frame }) =>
        sopReferenceItem(referenceTo(header))
          .set('ReferencedFrameNumber', frame)
          .set('PurposeOfReferenceCodeSequence', codeItem(dcm.sourceImageForProcessing))
          .set('SpatialLocationsPreserved', isResampled ? 'NO' : 'YES'),
      ),
    }),
  );
}

interface ScalePlan {
  readonly bitsStored: number;
  readonly range: StoredRange;
  /** Of each frame. */
  readonly frames: readonly Rescale[];
  /** Some frame is stored on another scale than its source. */
  readonly changes: boolean;
}

/** The scale of each source frame where its values fit, its bits first widened to 16; else one that spreads them. */
function planScale(
  { volume, scale }: DerivedSeriesInput,
  header: Dataset,
  frames: readonly DerivedFrame[],
  kind: Kind,
): ScalePlan {
  const signed = header.number('PixelRepresentation') === 1;
  const declared = header.number('BitsAllocated') === 16 ? (header.number('BitsStored') ?? 16) : 16;
  const area = volume.size[0] * volume.size[1];
  const extents = frames.map(({ k }) => extentOf(volume.data, k * area, (k + 1) * area));
  const own = frames.map(({ nearest }) => rescaleOfFrame(nearest.own, nearest.shared));
  const all = (range: StoredRange) =>
    scale !== 'spread' && extents.every((extent, index) => fits(extent, own[index]!, range));
  for (const bitsStored of [declared, 16]) {
    const range = storedRange(bitsStored, signed);
    if (all(range)) return { bitsStored, range, frames: own, changes: false };
  }
  const range = storedRange(16, signed);
  const intercept = kind === 'PT' ? PET_INTERCEPT : undefined;
  return {
    bitsStored: 16,
    range,
    changes: true,
    frames: extents.map((extent, index) =>
      scale !== 'spread' && fits(extent, own[index]!, range) ? own[index]! : spread(extent, range, intercept),
    ),
  };
}
