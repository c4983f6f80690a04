import type { RegionOutcome } from '../anatomy/index.ts';

/** How voxels become candidates; a site's choice. */
export type ThresholdRule =
  /** Every voxel at or above a value, e.g. 2.5 or 4.0. */
  | { readonly kind: 'fixed'; readonly suv: number }
  /** Found at the PERCIST threshold, each then outlined at a share of its own maximum, e.g. 0.41 or 0.5. */
  | { readonly kind: 'relative'; readonly share: number }
  /** 1.5 · mean + 2 · SD of the liver; 2.0 · mean + 2 · SD of blood where the liver cannot serve (Wahl 2009). */
  | { readonly kind: 'percist' };

export interface Threshold {
  readonly rule: ThresholdRule;
  /** Voxels at or above it are candidates, in the unit of the volume. */
  readonly suv: number;
  /** How the value came about, in words. */
  readonly derivation: string;
}

const LIVER_FACTOR = 1.5;
const BLOOD_FACTOR = 2;
const SD_FACTOR = 2;
/** Where neither liver nor blood pool can be placed. */
const FALLBACK_SUV = 4;

function percist(liver: RegionOutcome, blood: RegionOutcome): Omit<Threshold, 'rule'> {
  if (liver.status === 'placed' && liver.region.withinBand) {
    const { mean, sd } = liver.region;
    return {
      suv: LIVER_FACTOR * mean + SD_FACTOR * sd,
      derivation: `PERCIST: 1.5 × ${mean.toFixed(2)} + 2 × ${sd.toFixed(2)} of the liver`,
    };
  }
  const why = liver.status === 'placed' ? liver.region.findings.join('; ') : liver.reason;
  if (blood.status === 'placed' && blood.region.withinBand) {
    const { mean, sd } = blood.region;
    return {
      suv: BLOOD_FACTOR * mean + SD_FACTOR * sd,
      derivation: `PERCIST by the blood pool: 2 × ${mean.toFixed(2)} + 2 × ${sd.toFixed(2)} (liver not used: ${why})`,
    };
  }
  return {
    suv: FALLBACK_SUV,
    derivation: `fixed ${FALLBACK_SUV.toFixed(1)}: no reference region (liver: ${why})`,
  };
}

export function resolveThreshold(rule: ThresholdRule, liver: RegionOutcome, blood: RegionOutcome): Threshold {
  switch (rule.kind) {
    case 'fixed':
      return { rule, suv: rule.suv, derivation: `fixed ${rule.suv.toFixed(1)}` };
    case 'percist':
      return { rule, ...percist(liver, blood) };
    case 'relative': {
      const found = percist(liver, blood);
      return {
        rule,
        suv: found.suv,
        derivation: `${(100 * rule.share).toFixed(0)} % of each maximum; candidates by ${found.derivation}`,
      };
    }
  }
}
