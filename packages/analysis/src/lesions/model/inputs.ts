import type { TracerName } from '../../tracers/index.ts';
import type { Features } from '../features.ts';
import type { Physiology, Surroundings } from '../physiology.ts';

/** What an input speaks of; an explanation names groups, not single inputs. */
export type Group =
  | 'organ'
  | 'distance'
  | 'place'
  | 'shape'
  | 'symmetry'
  | 'density'
  | 'level'
  | 'tracer'
  | 'rule';

interface Input {
  readonly name: string;
  readonly group: Group;
  /** NaN where it is not known. */
  readonly of: (features: Features, surroundings: Surroundings, rule: Physiology | undefined) => number;
}

const organShare = (f: Features, ...names: (keyof Features['organs'])[]) =>
  names.reduce((sum, name) => sum + (f.organs[name]?.share ?? 0), 0);
const FAR_MM = 99;
const toOrgan = (f: Features, ...names: (keyof Features['organs'])[]) =>
  Math.min(FAR_MM, ...names.map((name) => f.organs[name]?.mm ?? FAR_MM));
const near = (mm: number) => Math.min(FAR_MM, mm);
const known = (value: number | undefined) => value ?? Number.NaN;

const isTracer = (name: TracerName): Input => ({
  name: `tracer is ${name}`,
  group: 'tracer',
  of: (_, s) => (s.tracer === name ? 1 : 0),
});

/** The inputs of the model, in the order of its table; a change of this list needs a model trained anew. */
export const INPUTS: readonly Input[] = [
  { name: 'ml', group: 'shape', of: (f) => f.volumeMl },
  { name: 'maximum over threshold', group: 'level', of: (f, s) => f.max / s.threshold },
  {
    name: 'maximum over liver',
    group: 'level',
    of: (f, s) => (s.liver === undefined ? Number.NaN : f.max / s.liver.mean),
  },
  { name: 'maximum over mean', group: 'level', of: (f) => f.max / f.mean },
  { name: 'length', group: 'shape', of: (f) => f.axes[0] },
  { name: 'width over length', group: 'shape', of: (f) => f.axes[1] / Math.max(1, f.axes[0]) },
  { name: 'depth over length', group: 'shape', of: (f) => f.axes[2] / Math.max(1, f.axes[0]) },
  { name: 'upright', group: 'shape', of: (f) => Math.abs(f.longAxis[2]) },
  { name: 'height', group: 'shape', of: (f) => f.heightMm },
  { name: 'in the brain', group: 'organ', of: (f) => f.share.brain },
  { name: 'in the heart', group: 'organ', of: (f) => f.share.heart },
  { name: 'in the liver', group: 'organ', of: (f) => Math.max(f.share.liver, organShare(f, 'liver')) },
  { name: 'in bone', group: 'organ', of: (f) => f.share.bone },
  { name: 'in a lung', group: 'organ', of: (f) => f.share.lungLeft + f.share.lungRight },
  { name: 'in airways', group: 'organ', of: (f) => f.share.airways },
  { name: 'outside the body', group: 'organ', of: (f) => f.share.outside },
  { name: 'in a kidney', group: 'organ', of: (f) => organShare(f, 'kidneyLeft', 'kidneyRight') },
  { name: 'in the spleen', group: 'organ', of: (f) => organShare(f, 'spleen') },
  { name: 'in the stomach', group: 'organ', of: (f) => organShare(f, 'stomach') },
  { name: 'in the bladder', group: 'organ', of: (f) => organShare(f, 'bladder') },
  { name: 'to a kidney', group: 'distance', of: (f) => toOrgan(f, 'kidneyLeft', 'kidneyRight') },
  { name: 'to the spleen', group: 'distance', of: (f) => toOrgan(f, 'spleen') },
  { name: 'to the stomach', group: 'distance', of: (f) => toOrgan(f, 'stomach') },
  { name: 'to the bladder', group: 'distance', of: (f) => toOrgan(f, 'bladder') },
  { name: 'to the liver', group: 'distance', of: (f) => toOrgan(f, 'liver') },
  { name: 'to bone', group: 'distance', of: (f) => near(f.toBone) },
  { name: 'to a lung', group: 'distance', of: (f) => near(f.toLung) },
  { name: 'to gas', group: 'distance', of: (f) => near(f.toGas) },
  { name: 'HU', group: 'density', of: (f) => f.hu },
  { name: 'depth of soft tissue', group: 'density', of: (f) => near(f.softDepth) },
  { name: 'mirrored', group: 'symmetry', of: (f) => f.mirror },
  { name: 'from the midline', group: 'symmetry', of: (f) => Math.abs(f.leftOfMiddle) },
  { name: 'left of the midline', group: 'place', of: (f) => f.leftOfMiddle },
  { name: 'amid lung', group: 'place', of: (f) => f.amidLung.left + f.amidLung.right },
  { name: 'amid liver', group: 'place', of: (f) => f.amidLiver },
  { name: 'amid bone', group: 'place', of: (f) => f.amidBone },
  { name: 'before the spine', group: 'place', of: (f) => f.beforeSpine },
  { name: 'above the dome', group: 'place', of: (f) => known(f.aboveDome) },
  { name: 'above the apices', group: 'place', of: (f) => known(f.aboveApex) },
  { name: 'above the crotch', group: 'place', of: (f) => known(f.aboveCrotch) },
  isTracer('fdg'),
  isTracer('psma'),
  isTracer('psma-1007'),
  isTracer('somatostatin'),
  isTracer('fapi'),
  isTracer('fluoride'),
  { name: 'confidence of the rule', group: 'rule', of: (_f, _s, rule) => rule?.confidence ?? 0 },
];

export const inputsOf = (
  features: Features,
  surroundings: Surroundings,
  rule: Physiology | undefined,
): number[] => INPUTS.map(({ of }) => of(features, surroundings, rule));
