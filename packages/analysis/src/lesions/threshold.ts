import type { RegionOutcome } from '../anatomy/index.ts';
import type { OutlineRule, SeekRule, TracerPreset } from '../tracers/index.ts';

/** How voxels become findings; a site's choice. */
export type ThresholdRule =
  /** What the preset of the tracer says: how to seek and how to outline. */
  | { readonly kind: 'tracer' }
  /** Every voxel at or above a value, e.g. 2.5 or 4.0. */
  | { readonly kind: 'fixed'; readonly suv: number }
  /** 1.5 · mean + 2 · SD of the liver; 2.0 · mean + 2 · SD of blood where the liver cannot serve (Wahl 2009). */
  | { readonly kind: 'percist' }
  /** Sought as the tracer is, each finding then outlined by itself: at a share of its own maximum, e.g. 0.41 or 0.5, … */
  | { readonly kind: 'relative'; readonly share: number }
  /** … at a share between its core and its background, … */
  | { readonly kind: 'adapted'; readonly share: number }
  /** … or where its uptake falls most steeply. */
  | { readonly kind: 'gradient' };

export interface Threshold {
  readonly rule: ThresholdRule;
  /** Voxels at or above it are candidates, in the unit of the volume. */
  readonly suv: number;
  /** The same inside the liver, where its own uptake lies above `suv`. */
  readonly liverSuv: number | undefined;
  readonly outline: OutlineRule;
  /** How the value came about, in words. */
  readonly derivation: string;
}

const LIVER_FACTOR = 1.5;
const BLOOD_FACTOR = 2;
const SD_FACTOR = 2;
/** Where neither liver nor blood pool can be placed. */
const FALLBACK_SUV = 4;

interface Sought {
  readonly suv: number;
  readonly derivation: string;
}

const whyNot = (liver: RegionOutcome) =>
  liver.status === 'placed' ? liver.region.findings.join('; ') : liver.reason;

function overLiver(liver: RegionOutcome, factor: number): number | undefined {
  if (liver.status !== 'placed' || !liver.region.withinBand) return undefined;
  return factor * liver.region.mean + SD_FACTOR * liver.region.sd;
}

function byLiver(liver: RegionOutcome, factor: number): string {
  if (liver.status !== 'placed') return '';
  const { mean, sd } = liver.region;
  return `${factor === 1 ? '' : `${factor} × `}${mean.toFixed(2)} + 2 × ${sd.toFixed(2)} of the liver`;
}

function percist(liver: RegionOutcome, blood: RegionOutcome): Sought {
  const suv = overLiver(liver, LIVER_FACTOR);
  if (suv !== undefined) return { suv, derivation: `PERCIST: ${byLiver(liver, LIVER_FACTOR)}` };
  const why = whyNot(liver);
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

function seek(rule: SeekRule, liver: RegionOutcome, blood: RegionOutcome): Sought {
  switch (rule.kind) {
    case 'fixed':
      return { suv: rule.suv, derivation: `fixed ${rule.suv.toFixed(1)}` };
    case 'percist':
      return percist(liver, blood);
    case 'liver': {
      const suv = overLiver(liver, rule.factor);
      if (suv !== undefined) return { suv, derivation: `over the liver: ${byLiver(liver, rule.factor)}` };
      return {
        suv: rule.otherwise,
        derivation: `fixed ${rule.otherwise.toFixed(1)} (liver not used: ${whyNot(liver)})`,
      };
    }
  }
}

function outlineWords(outline: OutlineRule): string {
  switch (outline.kind) {
    case 'threshold':
      return '';
    case 'relative':
      return `${(100 * outline.share).toFixed(0)} % of each maximum`;
    case 'adapted':
      return `${(100 * outline.share).toFixed(0)} % between the background and the core of each`;
    case 'gradient':
      return 'the steepest fall around each';
  }
}

const withOutline = (rule: ThresholdRule, preset: TracerPreset): OutlineRule => {
  switch (rule.kind) {
    case 'tracer':
      return preset.outline;
    case 'fixed':
    case 'percist':
      return { kind: 'threshold' };
    default:
      return rule;
  }
};

export function resolveThreshold(
  rule: ThresholdRule,
  preset: TracerPreset,
  liver: RegionOutcome,
  blood: RegionOutcome,
): Threshold {
  const sought = seek(rule.kind === 'fixed' || rule.kind === 'percist' ? rule : preset.seek, liver, blood);
  const raised = preset.hotLiver ? overLiver(liver, LIVER_FACTOR) : undefined;
  const liverSuv = raised !== undefined && raised > sought.suv ? raised : undefined;
  const outline = withOutline(rule, preset);
  const words = outlineWords(outline);
  const inLiver =
    liverSuv === undefined
      ? ''
      : `; inside the liver ${liverSuv.toFixed(2)}: ${byLiver(liver, LIVER_FACTOR)}`;
  return {
    rule,
    suv: sought.suv,
    liverSuv,
    outline,
    derivation: `${words === '' ? '' : `${words}; candidates by `}${sought.derivation}${inLiver}`,
  };
}
