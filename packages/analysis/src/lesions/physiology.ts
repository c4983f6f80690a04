import type { TracerName } from '../tracers/index.ts';
import type { Features } from './features.ts';

export type Organ =
  | 'brain'
  | 'heart'
  | 'stomach'
  | 'liver'
  | 'spleen'
  | 'kidney'
  | 'ureter'
  | 'bladder'
  | 'bowel'
  | 'salivary gland or muscle'
  | 'lacrimal or salivary gland'
  | 'pituitary'
  | 'thyroid'
  | 'adrenal'
  | 'gallbladder'
  | 'ganglion'
  | 'uterus'
  | 'pharynx or larynx'
  | 'oesophagus'
  | 'brown fat'
  | 'bone marrow'
  | 'outside the body'
  | 'other';

export interface Surroundings {
  readonly tracer: TracerName;
  /** Threshold of the candidates, SUV. */
  readonly threshold: number;
  readonly liver: { readonly mean: number; readonly sd: number } | undefined;
}

export interface Physiology {
  readonly organ: Organ;
  /** In words: what speaks for it. */
  readonly reason: string;
  /** 0 … 1, a rule of thumb. */
  readonly confidence: number;
}

const FDG: readonly TracerName[] = ['fdg'];
const PSMA: readonly TracerName[] = ['psma', 'psma-1007'];
const SPLEEN: readonly TracerName[] = ['fdg', ...PSMA, 'somatostatin'];
const EVERY: readonly TracerName[] = ['fdg', ...PSMA, 'somatostatin', 'fapi', 'fluoride', 'unknown'];

interface Rule {
  /** Tracers that go there. */
  readonly of: readonly TracerName[];
  readonly organ: Organ;
  readonly confidence: number;
  readonly reason: string;
  readonly holds: (f: Features, s: Surroundings) => boolean;
}

const within = (value: number | undefined, low: number, high: number) =>
  value !== undefined && value >= low && value <= high;
const side = (f: Features) => Math.abs(f.leftOfSpine);
const amid = (f: Features) => f.amidLung.right + f.amidLung.left;
/** A mass in the lung or the liver is never taken for the organ next to it. */
const inLung = (f: Features) => amid(f) >= 0.75;
const inLiver = (f: Features) => f.share.liver >= 0.5 || f.amidLiver >= 0.55;
const inBone = (f: Features) => f.share.bone >= 0.35 || f.amidBone >= 0.7;
const organShare = (f: Features, name: keyof Features['organs']) => f.organs[name]?.share ?? 0;
const upright = (f: Features) => Math.abs(f.longAxis[2]) >= 0.65;
const slender = (f: Features, ratio: number) => f.axes[0] >= ratio * Math.max(1, f.axes[1]);
/** A compact ball of some size: tumours are, loops, walls and vessels are not. */
const ball = (f: Features) => f.volumeMl >= 1.5 && f.axes[2] >= 0.62 * f.axes[0];
const weak = (f: Features, s: Surroundings, factor: number) => f.max <= factor * s.threshold;

/** Low in the pelvis, by whatever landmark is in the field of view. */
function lowInPelvis(f: Features): boolean {
  if (f.aboveCrotch !== undefined) return within(f.aboveCrotch, 5, 190);
  return within(f.aboveDome, -520, -260);
}

/**
 * What is recognised as physiological, the first rule that holds decides. Distances in mm are those of adults; each
 * rule asks for the place first and for shape, density or strength only to keep lesions out.
 */
const rules: readonly Rule[] = [
  {
    of: EVERY,
    organ: 'outside the body',
    confidence: 0.6,
    reason: 'lies outside the body on CT: contamination, an injection site, or motion between PET and CT',
    holds: (f) => f.share.outside > 0.6,
  },
  {
    of: FDG,
    organ: 'brain',
    confidence: 0.95,
    reason: 'inside the skull',
    holds: (f) => f.share.brain >= 0.5 || (f.share.brain >= 0.2 && f.volumeMl >= 100),
  },
  {
    of: EVERY,
    organ: 'bladder',
    confidence: 0.9,
    reason: 'in the midline in front of the sacrum, low in the pelvis, as urine in the bladder',
    holds: (f) =>
      lowInPelvis(f) &&
      Math.abs(f.leftOfMiddle) <= 35 &&
      !(f.beforeSpine < 30) &&
      !inBone(f) &&
      (((within(f.hu, -30, 32) || f.hu > 150) && (f.volumeMl >= 15 || f.max >= 12)) ||
        // Its wall or bone beside the hottest voxel hides the fluid; size and symmetry do not lie.
        (f.volumeMl >= 40 && f.mirror >= 0.8)),
  },
  {
    of: SPLEEN,
    organ: 'spleen',
    confidence: 0.85,
    reason: 'mostly inside the spleen that CT shows',
    holds: (f) => organShare(f, 'spleen') >= 0.5,
  },
  {
    of: EVERY,
    organ: 'kidney',
    confidence: 0.9,
    reason: 'mostly inside a kidney that CT shows',
    holds: (f) => organShare(f, 'kidneyRight') + organShare(f, 'kidneyLeft') >= 0.5,
  },
  {
    of: [...PSMA, 'somatostatin', 'fapi'],
    organ: 'lacrimal or salivary gland',
    confidence: 0.8,
    reason: 'the same uptake on both sides of the head or neck, where the glands lie',
    holds: (f, s) =>
      within(f.aboveApex, 35, 500) &&
      within(Math.abs(f.leftOfMiddle), 12, 80) &&
      f.mirror >= 0.35 &&
      f.volumeMl <= 60 &&
      (PSMA.includes(s.tracer) || weak(f, s, 2)),
  },
  {
    of: PSMA,
    organ: 'pharynx or larynx',
    confidence: 0.6,
    reason: 'in the midline of the neck at the air passage',
    holds: (f, s) =>
      within(f.aboveApex, 15, 140) && Math.abs(f.leftOfMiddle) <= 26 && f.toGas <= 12 && weak(f, s, 2.5),
  },
  {
    of: ['somatostatin'],
    organ: 'pituitary',
    confidence: 0.8,
    reason: 'small, in the midline at the base of the skull',
    holds: (f) => within(f.aboveApex, 110, 300) && Math.abs(f.leftOfMiddle) <= 10 && f.volumeMl <= 4,
  },
  {
    of: ['somatostatin', 'fapi'],
    organ: 'thyroid',
    confidence: 0.6,
    reason: 'weak, on both sides of the windpipe',
    holds: (f, s) =>
      within(f.aboveApex, -10, 60) && Math.abs(f.leftOfMiddle) <= 35 && f.mirror >= 0.5 && weak(f, s, 2),
  },
  {
    of: ['somatostatin'],
    organ: 'adrenal',
    confidence: 0.65,
    reason: 'small, on both sides of the upper lumbar spine above the kidneys',
    holds: (f, s) =>
      within(f.aboveDome, -120, -40) &&
      within(side(f), 15, 52) &&
      within(f.beforeSpine, -20, 36) &&
      f.volumeMl <= 6 &&
      f.mirror >= 0.4 &&
      !inLiver(f) &&
      weak(f, s, 2.2),
  },
  {
    of: PSMA,
    organ: 'ganglion',
    confidence: 0.6,
    reason: 'small and weak beside the aorta, where the coeliac ganglia lie',
    holds: (f, s) =>
      within(f.aboveDome, -140, -60) &&
      side(f) <= 36 &&
      within(f.beforeSpine, -2, 36) &&
      f.volumeMl <= 2.5 &&
      weak(f, s, 1.7),
  },
  {
    of: ['psma-1007', 'fapi'],
    organ: 'gallbladder',
    confidence: 0.75,
    reason: 'fluid below the liver, as bile in the gallbladder',
    holds: (f) =>
      within(f.aboveDome, -175, -65) &&
      within(f.leftOfMiddle, -100, -20) &&
      f.beforeSpine >= 45 &&
      within(f.hu, -15, 30) &&
      f.volumeMl >= 4,
  },
  {
    of: PSMA,
    organ: 'bowel',
    confidence: 0.65,
    reason: 'in the abdomen, drawn out or uneven as loops of small bowel are',
    holds: (f, s) =>
      within(f.aboveDome, -330, -55) &&
      f.beforeSpine >= 3 &&
      !inLiver(f) &&
      !inBone(f) &&
      f.toBone >= 8 &&
      !(ball(f) && f.volumeMl <= 25 && !weak(f, s, 1.6)) &&
      weak(f, s, 5),
  },
  {
    of: ['fapi'],
    organ: 'uterus',
    confidence: 0.5,
    reason: 'in the midline behind the bladder, where the uterus lies',
    holds: (f, s) =>
      within(f.aboveDome, -400, -290) &&
      Math.abs(f.leftOfMiddle) <= 32 &&
      f.beforeSpine >= 25 &&
      within(f.hu, 25, 140) &&
      f.volumeMl >= 10 &&
      weak(f, s, 2.5),
  },
  {
    of: FDG,
    organ: 'heart',
    confidence: 0.9,
    reason: 'in the heart muscle: thick tissue between the lungs, left in front of the spine',
    holds: (f) => f.share.heart >= 0.5 && f.leftOfSpine >= -15 && f.beforeSpine >= 44 && !inLung(f),
  },
  {
    of: FDG,
    organ: 'heart',
    confidence: 0.6,
    reason: 'at the lower border of the heart, beside the left lung',
    holds: (f, s) =>
      within(f.aboveDome, -70, 70) &&
      f.leftOfSpine >= 8 &&
      f.leftOfMiddle <= 105 &&
      f.beforeSpine >= 48 &&
      f.toLung <= 30 &&
      f.softDepth >= 8 &&
      !inLung(f) &&
      !inLiver(f) &&
      !inBone(f) &&
      !(ball(f) && !weak(f, s, 1.8)) &&
      weak(f, s, 6),
  },
  {
    of: EVERY,
    organ: 'liver',
    confidence: 0.85,
    reason: 'in the liver and no stronger than its even uptake',
    holds: (f, s) => inLiver(f) && s.liver !== undefined && f.max <= 1.4 * s.liver.mean + 3 * s.liver.sd,
  },
  {
    of: SPLEEN,
    organ: 'spleen',
    confidence: 0.7,
    reason: 'large, even uptake at the back of the left upper abdomen',
    holds: (f) =>
      within(f.aboveDome, -150, 30) &&
      f.leftOfMiddle >= 55 &&
      f.beforeSpine <= 35 &&
      f.volumeMl >= 15 &&
      f.max <= 1.7 * f.mean &&
      !inLung(f) &&
      !inBone(f),
  },
  {
    of: EVERY,
    organ: 'ureter',
    confidence: 0.75,
    reason: 'thin upright track beside the lumbar spine or in the pelvis, as urine in a ureter',
    holds: (f) =>
      (within(f.aboveDome, -440, -110) || (f.aboveDome === undefined && within(f.aboveCrotch, 60, 420))) &&
      within(side(f), 12, 68) &&
      within(f.beforeSpine, -25, 75) &&
      !inBone(f) &&
      ((f.volumeMl <= 6 && f.axes[1] <= 4.5 && slender(f, 1.7) && upright(f)) ||
        // Uptake of some strength without tissue thick enough to be a node.
        (f.volumeMl <= 3 && f.softDepth <= 4.5)),
  },
  {
    of: EVERY,
    organ: 'kidney',
    confidence: 0.85,
    reason: 'beside the upper lumbar spine behind the abdomen, where the kidney lies',
    holds: (f) =>
      within(f.aboveDome, -265, -65) &&
      within(side(f), 34, 100) &&
      // The further to the side, the further back a kidney reaches; close to the spine lie the back muscles.
      within(f.beforeSpine, -38 - 0.35 * (side(f) - 34), 12) &&
      !inLiver(f) &&
      !inLung(f) &&
      !inBone(f) &&
      f.share.lungLeft + f.share.lungRight < 0.3,
  },
  {
    of: FDG,
    organ: 'oesophagus',
    confidence: 0.6,
    reason: 'slender upright track in front of the thoracic spine',
    holds: (f, s) =>
      within(f.aboveDome, -40, 400) &&
      within(f.aboveApex, -400, 20) &&
      side(f) <= 30 &&
      within(f.beforeSpine, -2, 45) &&
      slender(f, 1.7) &&
      upright(f) &&
      f.axes[1] <= 5 &&
      weak(f, s, 3.5),
  },
  {
    of: FDG,
    organ: 'pharynx or larynx',
    confidence: 0.6,
    reason: 'in the midline of the neck at the air passage',
    holds: (f, s) =>
      f.aboveApex !== undefined &&
      f.aboveApex >= 15 &&
      Math.abs(f.leftOfMiddle) <= 26 &&
      Math.min(f.toGas, f.share.airways > 0 ? 0 : 99) <= 10 &&
      weak(f, s, 3.5),
  },
  {
    of: FDG,
    organ: 'salivary gland or muscle',
    confidence: 0.6,
    reason: 'the same uptake on both sides of the neck',
    holds: (f, s) =>
      f.aboveApex !== undefined &&
      f.aboveApex >= 10 &&
      Math.abs(f.leftOfMiddle) >= 10 &&
      f.mirror >= 0.6 &&
      !inBone(f) &&
      weak(f, s, 3),
  },
  {
    of: FDG,
    organ: 'brown fat',
    confidence: 0.6,
    reason: 'fat density in the neck or above the collarbone, on both sides',
    holds: (f) => within(f.aboveApex, -70, 90) && within(f.hu, -160, -45) && f.mirror >= 0.4 && !inBone(f),
  },
  {
    of: ['fdg', 'somatostatin'],
    organ: 'stomach',
    confidence: 0.55,
    reason: 'weak, in the left upper abdomen at the stomach',
    holds: (f, s) =>
      within(f.aboveDome, -150, 0) &&
      within(f.leftOfMiddle, 10, 125) &&
      f.beforeSpine >= 15 &&
      !inLiver(f) &&
      !inBone(f) &&
      !inLung(f) &&
      (f.toGas <= 25 || !(f.softDepth < 8)) &&
      !(ball(f) && !weak(f, s, 1.8)) &&
      weak(f, s, 2.6),
  },
  {
    of: ['fdg', 'somatostatin', 'fapi'],
    organ: 'bowel',
    confidence: 0.6,
    reason: 'in the abdomen close to gas in the bowel, or drawn out like a loop',
    holds: (f, s) =>
      within(f.aboveDome, -450, -30) &&
      !(f.aboveCrotch !== undefined && f.aboveCrotch < 20) &&
      f.beforeSpine >= 3 &&
      !inLiver(f) &&
      !inBone(f) &&
      f.toBone >= 8 &&
      (f.toGas <= 17 || (slender(f, 1.8) && f.axes[0] >= 7)) &&
      !(ball(f) && !weak(f, s, 1.8)) &&
      weak(f, s, 3.5),
  },
  {
    of: FDG,
    organ: 'bone marrow',
    confidence: 0.6,
    reason: 'weak, in bone, as active marrow',
    holds: (f, s) => (f.share.bone >= 0.3 || f.toBone <= 4.5) && weak(f, s, 1.45) && f.volumeMl <= 4,
  },
];

/** The organ whose uptake this is by its place and look, or undefined. */
export function physiologyOf(features: Features, surroundings: Surroundings): Physiology | undefined {
  const rule = rules.find(
    ({ of, holds }) => of.includes(surroundings.tracer) && holds(features, surroundings),
  );
  return rule === undefined
    ? undefined
    : { organ: rule.organ, reason: rule.reason, confidence: rule.confidence };
}

/** Too weak and too small to be called anything: shown on request only. */
export function faintReason(f: Features, s: Surroundings): string | undefined {
  if (f.volumeMl < 1.5 && weak(f, s, 1.5))
    return `small and weak: ${f.volumeMl.toFixed(1)} ml, maximum ${f.max.toFixed(1)} at a threshold of ${s.threshold.toFixed(1)}`;
  if (Math.min(f.belowTop, f.aboveBottom) < 12 && f.volumeMl < 2)
    return 'in the noisy slices at the end of the scan';
  return undefined;
}
