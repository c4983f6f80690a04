import { type Dataset, type Keyword, Tag } from '../data/index.ts';
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
    const transform = group('PixelValueTransformationSequence');
    const content = own?.item('FrameContentSequence');
    return {
      ...common,
      frame,
      position: vec3(group('PlanePositionSequence')?.numbers('ImagePositionPatient') ?? []),
      orientation: orientationOf(group('PlaneOrientationSequence')?.numbers('ImageOrientationPatient') ?? []),
      pixelSpacing: spacingOf(measures?.numbers('PixelSpacing') ?? []),
      sliceThickness: measures?.number('SliceThickness'),
      spacingBetweenSlices: measures?.number('SpacingBetweenSlices'),
      ...rescaleOf(
        { slope: transform?.number('RescaleSlope'), intercept: transform?.number('RescaleIntercept') },
        realWorldMapping(own) ?? realWorldMapping(shared),
      ),
      marks: marksOf(group, content, common.marks),
      acquisition: {
        dateTime: content?.text('FrameAcquisitionDateTime'),
        durationMs: content?.number('FrameAcquisitionDuration'),
      },
    };
  });
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
