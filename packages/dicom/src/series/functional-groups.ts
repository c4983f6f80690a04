import { Dataset, type Keyword, Tag } from '../data/index.ts';
import { orientationOf, spacingOf } from './plane.ts';
import { realWorldMapping, rescaleOf } from './real-world.ts';
import type { Slice } from './slices.ts';
import { vec3 } from './vector.ts';

/**
 * Frames of enhanced multi-frame objects: each attribute comes from the Per-Frame Functional Groups, or else from the
 * Shared ones (PS3.3 C.7.6.16).
 */
export function functionalGroups(common: Slice, frames: number): Slice[] {
  const { dataset } = common.instance;
  const shared = dataset.item('SharedFunctionalGroupsSequence');
  const perFrame = dataset.items('PerFrameFunctionalGroupsSequence');
  return Array.from({ length: frames }, (_, frame) => {
    const own = perFrame[frame];
    const group = (keyword: Keyword): Dataset | undefined => own?.item(keyword) ?? shared?.item(keyword);
    const measures = group('PixelMeasuresSequence');
    const content = own?.item('FrameContentSequence');
    return {
      ...common,
      frame,
      position: vec3(group('PlanePositionSequence')?.numbers('ImagePositionPatient') ?? []),
      orientation: orientationOf(group('PlaneOrientationSequence')?.numbers('ImageOrientationPatient') ?? []),
      pixelSpacing: spacingOf(measures?.numbers('PixelSpacing') ?? []),
      sliceThickness: measures?.number('SliceThickness'),
      spacingBetweenSlices: measures?.number('SpacingBetweenSlices'),
      ...frameRescale(own, shared),
      marks: marksOf(group, content, common.marks),
      acquisition: {
        dateTime: content?.text('FrameAcquisitionDateTime'),
        durationMs: content?.number('FrameAcquisitionDuration'),
      },
    };
  });
}

/** Slope, intercept and unit of a frame, from its own functional groups or the shared ones. */
export function frameRescale(
  own: Dataset | undefined,
  shared: Dataset | undefined,
): ReturnType<typeof rescaleOf> {
  const transform =
    own?.item('PixelValueTransformationSequence') ?? shared?.item('PixelValueTransformationSequence');
  return rescaleOf(
    { slope: transform?.number('RescaleSlope'), intercept: transform?.number('RescaleIntercept') },
    realWorldMapping(own) ?? realWorldMapping(shared),
  );
}

type Group = (keyword: Keyword) => Dataset | undefined;

/** Where each mark is kept: functional group and attribute. */
const groupMarks: readonly (readonly [name: string, group: Keyword, attribute: Keyword])[] = [
  ['echo time', 'MREchoSequence', 'EffectiveEchoTime'],
  ['b-value', 'MRDiffusionSequence', 'DiffusionBValue'],
  ['cardiac phase', 'CardiacSynchronizationSequence', 'NominalPercentageOfCardiacPhase'],
  ['trigger time', 'CardiacSynchronizationSequence', 'NominalCardiacTriggerDelayTime'],
  ['respiratory phase', 'RespiratorySynchronizationSequence', 'NominalPercentageOfRespiratoryPhase'],
  ['time offset', 'TemporalPositionSequence', 'TemporalPositionTimeOffset'],
  ['frame type', 'CTImageFrameTypeSequence', 'FrameType'],
  ['frame type', 'MRImageFrameTypeSequence', 'FrameType'],
  ['frame type', 'PETFrameTypeSequence', 'FrameType'],
];

function marksOf(group: Group, content: Dataset | undefined, inherited: Readonly<Record<string, string>>) {
  const marks: Record<string, string> = { ...inherited };
  const add = (name: string, source: Dataset | undefined, key: Keyword) => {
    const value = source?.texts(Tag[key]).join('\\') ?? '';
    if (value !== '') marks[name] = value;
  };
  add('stack', content, 'StackID');
  add('temporal position', content, 'TemporalPositionIndex');
  add('acquisition', content, 'FrameAcquisitionNumber');
  for (const [name, sequence, attribute] of groupMarks) add(name, group(sequence), attribute);
  const gradient = group('MRDiffusionSequence')
    ?.item('DiffusionGradientDirectionSequence')
    ?.texts('DiffusionGradientOrientation')
    .join('\\');
  if (gradient !== undefined && gradient !== '') marks.gradient = gradient;
  return marks;
}

/** Functional groups whose attributes single-frame images have at the top level (PS3.3 C.8.13.5, C.8.15.3, C.8.22.5). */
const flattened = [
  'PixelMeasuresSequence',
  'PlaneOrientationSequence',
  'PlanePositionSequence',
  'PixelValueTransformationSequence',
  'FrameVOILUTSequence',
  'CTAcquisitionTypeSequence',
  'CTAcquisitionDetailsSequence',
  'CTTableDynamicsSequence',
  'CTReconstructionSequence',
  'CTExposureSequence',
  'CTXRayDetailsSequence',
  'IrradiationEventIdentificationSequence',
  'MRTimingAndRelatedParametersSequence',
  'MREchoSequence',
  'MRDiffusionSequence',
  'MRFOVGeometrySequence',
  'MRReceiveCoilSequence',
  'PETReconstructionSequence',
] as const satisfies readonly Keyword[];

/** Attributes that single-frame images have under another name. */
const otherNames: readonly (readonly [enhanced: Keyword, single: Keyword])[] = [
  ['EffectiveEchoTime', 'EchoTime'],
  ['ExposureInmAs', 'Exposure'],
  ['XRayTubeCurrentInmA', 'XRayTubeCurrent'],
  ['PulseSequenceName', 'SequenceName'],
];

/**
 * The header of a frame (from 1) as a single-frame image would have it, for questions about an image: attributes of its
 * functional groups at the top level, also under the names that single-frame images give them. Any other header as it
 * is.
 */
export function frameHeader(header: Dataset, frame: number): Dataset {
  const shared = header.item('SharedFunctionalGroupsSequence');
  const own = header.items('PerFrameFunctionalGroupsSequence')[frame - 1];
  if (shared === undefined && own === undefined) return header;
  const flat = new Dataset();
  for (const element of header) flat.setElement(element);
  flat.delete('SharedFunctionalGroupsSequence');
  flat.delete('PerFrameFunctionalGroupsSequence');
  for (const keyword of flattened)
    for (const element of own?.item(keyword) ?? shared?.item(keyword) ?? []) flat.setElement(element);
  for (const [enhanced, single] of otherNames) {
    const values = flat.texts(enhanced);
    if (values.length > 0 && !flat.has(single)) flat.set(single, values.length === 1 ? values[0]! : values);
  }
  return flat;
}
