import type { Features } from './features.ts';

/** Where a finding lies, as a guess from CT labels and landmarks. */
export interface Site {
  readonly name: SiteName;
  readonly side: 'right' | 'left' | 'midline' | undefined;
  /** 0 … 1, a rule of thumb. */
  readonly confidence: number;
}

export type SiteName =
  | 'head'
  | 'neck'
  | 'supraclavicular region'
  | 'axilla'
  | 'lung'
  | 'hilum'
  | 'mediastinum'
  | 'pleura or chest wall'
  | 'liver'
  | 'upper abdomen'
  | 'retroperitoneum'
  | 'abdomen'
  | 'iliac region'
  | 'inguinal region'
  | 'pelvis'
  | 'leg'
  | 'bone'
  | 'soft tissue';

const within = (value: number | undefined, low: number, high: number) =>
  value !== undefined && value >= low && value <= high;

interface Rule {
  readonly name: SiteName;
  readonly confidence: number;
  readonly sided: boolean;
  readonly holds: (f: Features) => boolean;
}

const side = (f: Features) => Math.abs(f.leftOfMiddle);
const lungs = (f: Features) => f.amidLung.right + f.amidLung.left;
const oneLung = (f: Features) => Math.max(f.amidLung.right, f.amidLung.left);
const inChest = (f: Features) => within(f.aboveDome, 0, 500) && within(f.aboveApex, -500, 5);

const rules: readonly Rule[] = [
  {
    name: 'bone',
    confidence: 0.85,
    sided: true,
    holds: (f) => f.share.bone >= 0.35 || f.amidBone >= 0.7 || f.hu >= 140,
  },
  {
    name: 'liver',
    confidence: 0.85,
    sided: false,
    holds: (f) => f.share.liver >= 0.5 || f.amidLiver >= 0.55,
  },
  {
    name: 'lung',
    confidence: 0.85,
    sided: true,
    holds: (f) => oneLung(f) >= 0.7 || f.share.lungRight + f.share.lungLeft >= 0.5,
  },
  {
    name: 'hilum',
    confidence: 0.5,
    sided: true,
    holds: (f) => inChest(f) && within(side(f), 20, 75) && within(f.beforeSpine, -5, 80) && lungs(f) >= 0.35,
  },
  { name: 'mediastinum', confidence: 0.7, sided: false, holds: (f) => inChest(f) && side(f) <= 50 },
  {
    name: 'axilla',
    confidence: 0.7,
    sided: true,
    holds: (f) => within(f.aboveApex, -130, 30) && side(f) >= 105 && f.toLung >= 12,
  },
  { name: 'pleura or chest wall', confidence: 0.5, sided: true, holds: (f) => inChest(f) },
  {
    name: 'supraclavicular region',
    confidence: 0.6,
    sided: true,
    holds: (f) => within(f.aboveApex, -10, 50) && within(side(f), 15, 110),
  },
  { name: 'head', confidence: 0.6, sided: true, holds: (f) => within(f.aboveApex, 150, 500) },
  { name: 'neck', confidence: 0.7, sided: true, holds: (f) => within(f.aboveApex, 0, 150) && side(f) <= 90 },
  { name: 'leg', confidence: 0.7, sided: true, holds: (f) => within(f.aboveCrotch, -2000, -30) },
  {
    name: 'inguinal region',
    confidence: 0.6,
    sided: true,
    holds: (f) =>
      (within(f.aboveCrotch, -30, 75) || (f.aboveCrotch === undefined && within(f.aboveDome, -520, -390))) &&
      side(f) >= 40 &&
      f.beforeSpine >= 60,
  },
  {
    name: 'iliac region',
    confidence: 0.6,
    sided: true,
    holds: (f) => within(f.aboveDome, -420, -260) && within(side(f), 30, 110),
  },
  { name: 'pelvis', confidence: 0.6, sided: false, holds: (f) => within(f.aboveDome, -560, -270) },
  {
    name: 'retroperitoneum',
    confidence: 0.6,
    sided: true,
    holds: (f) =>
      within(f.aboveDome, -330, -40) && Math.abs(f.leftOfSpine) <= 48 && within(f.beforeSpine, -30, 38),
  },
  { name: 'upper abdomen', confidence: 0.5, sided: true, holds: (f) => within(f.aboveDome, -120, 20) },
  { name: 'abdomen', confidence: 0.5, sided: true, holds: (f) => within(f.aboveDome, -270, -120) },
];

const MIDLINE_MM = 12;

export function siteOf(features: Features): Site {
  const rule = rules.find(({ holds }) => holds(features)) ?? {
    name: 'soft tissue' as const,
    confidence: 0.3,
    sided: false,
  };
  const offset = features.leftOfMiddle;
  const toSide = Math.abs(offset) < MIDLINE_MM ? 'midline' : offset > 0 ? 'left' : 'right';
  return { name: rule.name, side: rule.sided ? toSide : undefined, confidence: rule.confidence };
}
