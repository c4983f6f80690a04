import type { Features } from '../features.ts';
import type { Physiology, Surroundings } from '../physiology.ts';
import { type Group, INPUTS } from './inputs.ts';

/** What was moved by less than this, in log-odds, is not told. */
const WORTH_TELLING = 0.15;
const MOST_PHRASES = 3;

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

const ORGAN_WORDS: Readonly<Record<keyof Features['organs'], string>> = {
  liver: 'liver',
  spleen: 'spleen',
  kidneyRight: 'right kidney',
  kidneyLeft: 'left kidney',
  stomach: 'stomach',
  bladder: 'bladder',
};

function overlap(f: Features): string {
  const shares: [string, number][] = [
    ['brain', f.share.brain],
    ['heart', f.share.heart],
    ['bone', f.share.bone],
    ['right lung', f.share.lungRight],
    ['left lung', f.share.lungLeft],
    ...Object.entries(f.organs).map(([name, { share }]): [string, number] => [
      ORGAN_WORDS[name as keyof Features['organs']],
      share,
    ]),
  ];
  const [name, share] = shares.reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0] as [
    string,
    number,
  ]);
  if (f.share.outside > Math.max(0.5, share)) return `${percent(f.share.outside)} of it outside the body`;
  return share >= 0.1 ? `${percent(share)} of it in the ${name}` : 'in no organ that CT shows';
}

function distance(f: Features): string {
  const organs = Object.entries(f.organs).map(([name, { mm }]) => ({
    name: ORGAN_WORDS[name as keyof Features['organs']],
    mm,
  }));
  const nearest = organs.reduce<{ name: string; mm: number } | undefined>(
    (best, one) => (best === undefined || one.mm < best.mm ? one : best),
    undefined,
  );
  if (nearest === undefined || nearest.mm > 60) return 'far from every organ that CT shows';
  return nearest.mm < 1
    ? `its maximum in the ${nearest.name}`
    : `${nearest.mm.toFixed(0)} mm from the ${nearest.name}`;
}

function shape(f: Features): string {
  if (f.axes[0] >= 1.7 * Math.max(1, f.axes[1])) return `drawn out (${f.volumeMl.toFixed(1)} ml)`;
  if (f.axes[2] >= 0.62 * f.axes[0]) return `round (${f.volumeMl.toFixed(1)} ml)`;
  return `of uneven shape (${f.volumeMl.toFixed(1)} ml)`;
}

const PHRASES: Readonly<Partial<Record<Group, (f: Features, s: Surroundings) => string>>> = {
  organ: overlap,
  distance,
  shape,
  place: (f) =>
    Math.abs(f.leftOfMiddle) < 12
      ? 'in the midline'
      : `${Math.abs(f.leftOfMiddle).toFixed(0)} mm ${f.leftOfMiddle > 0 ? 'left' : 'right'} of the midline`,
  symmetry: (f) =>
    f.mirror >= 0.5
      ? `mirrored on the other side (${percent(f.mirror)})`
      : `not mirrored on the other side (${percent(f.mirror)})`,
  density: (f) => `${f.hu.toFixed(0)} HU`,
  level: (f, s) => `maximum ${(f.max / s.threshold).toFixed(1)} times the threshold`,
};

/**
 * In words: the probability, then what moved it most towards the verdict. The rule that holds, if one does, comes first,
 * since it names the organ.
 */
export function explain(
  probability: number,
  byInput: Float64Array,
  features: Features,
  surroundings: Surroundings,
  rule: Physiology | undefined,
): string {
  const isPhysiological = probability >= 0.5;
  const byGroup = new Map<Group, number>();
  for (const [n, { group }] of INPUTS.entries()) byGroup.set(group, (byGroup.get(group) ?? 0) + byInput[n]!);
  const sign = isPhysiological ? 1 : -1;
  const phrases = [...byGroup]
    .filter(([group, moved]) => PHRASES[group] !== undefined && sign * moved >= WORTH_TELLING)
    .sort((a, b) => sign * (b[1] - a[1]))
    .slice(0, MOST_PHRASES)
    .map(([group]) => PHRASES[group]!(features, surroundings));
  const known = isPhysiological && rule !== undefined ? [rule.reason] : [];
  const reasons = [...known, ...phrases];
  return `${percent(probability)} physiological${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`;
}
