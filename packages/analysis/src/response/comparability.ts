import { asPercent } from './assessment.ts';
import { atMost } from './tolerance.ts';

/** What of a PET scan decides whether its numbers may be held against those of another; null where it is not known. */
export interface ScanConditions {
  readonly uptakeMinutes: number | null;
  readonly injectedMbq: number | null;
  readonly weightKg: number | null;
  /** Blood glucose before injection. */
  readonly glucoseMgPerDl: number | null;
  /** Mean of the liver reference, SUL. */
  readonly liverSul: number | null;
  /** Mean of the blood pool reference, SUL; judged where the liver cannot be. */
  readonly bloodPoolSul: number | null;
  /** Manufacturer and model. */
  readonly scanner: string | null;
  readonly radiopharmaceutical: string | null;
  /** Method, iterations and subsets, as the scanner writes them. */
  readonly reconstruction: string | null;
  /** Post-filter, as the scanner writes it. */
  readonly filter: string | null;
  readonly voxelMm: readonly [number, number, number] | null;
  /** Decay correction, e.g. START. */
  readonly decayCorrection: string | null;
}

export type ComparabilityItem =
  | 'uptake time'
  | 'shortest uptake time'
  | 'injected activity'
  | 'weight'
  | 'glucose'
  | 'liver uptake'
  | 'blood pool uptake'
  | 'scanner'
  | 'radiopharmaceutical'
  | 'reconstruction'
  | 'filter'
  | 'voxel size'
  | 'decay correction';

export interface ComparabilityCheck {
  readonly item: ComparabilityItem;
  readonly status: 'agrees' | 'differs' | 'unknown';
  /** What is the matter, with both values; for people. */
  readonly message: string;
  /** Differences that make numbers incomparable by the criteria, against those that a reader must only know of. */
  readonly isDecisive: boolean;
}

/** Limits by PERCIST 1.0 (Wahl 2009) where it names one. */
export interface ComparabilityLimits {
  /** Default 15 min. */
  readonly uptakeMinutes: number;
  /** Shortest uptake of an FDG scan, default 50 min. */
  readonly shortestUptakeMinutes: number;
  /** Share of the injected activity, default 0.2. */
  readonly activityShare: number;
  /** Share and SUL of the liver's mean; both must hold. Default 0.2 and 0.3. */
  readonly liverShare: number;
  readonly liverSul: number;
  /** Default 200 mg/dl. */
  readonly glucoseMgPerDl: number;
  /** Share of the body weight, default 0.1: no published limit; more changes SUV and SUL apart. */
  readonly weightShare: number;
}

export const COMPARABILITY_LIMITS: ComparabilityLimits = {
  uptakeMinutes: 15,
  shortestUptakeMinutes: 50,
  activityShare: 0.2,
  liverShare: 0.2,
  liverSul: 0.3,
  glucoseMgPerDl: 200,
  weightShare: 0.1,
};

/**
 * Compares the conditions of two scans, one check for each that is known to matter. Uptake time, liver (or blood pool)
 * and tracer are decisive; the others are named, and a reader weighs them.
 */
export function comparability(
  before: ScanConditions,
  now: ScanConditions,
  limits: Partial<ComparabilityLimits> = {},
): ComparabilityCheck[] {
  const limit = { ...COMPARABILITY_LIMITS, ...limits };
  const checks = [
    difference('uptake time', before.uptakeMinutes, now.uptakeMinutes, 'min', 0, true, (from, to) => ({
      agrees: atMost(Math.abs(to - from), limit.uptakeMinutes),
      rule: `at most ${limit.uptakeMinutes} min apart`,
    })),
    difference(
      'shortest uptake time',
      before.uptakeMinutes,
      now.uptakeMinutes,
      'min',
      0,
      false,
      (from, to) => ({
        agrees: atMost(limit.shortestUptakeMinutes, Math.min(from, to)),
        rule: `at least ${limit.shortestUptakeMinutes} min`,
      }),
    ),
    difference('injected activity', before.injectedMbq, now.injectedMbq, 'MBq', 0, false, (from, to) => ({
      agrees: withinShare(from, to, limit.activityShare),
      rule: `within ${asPercent(limit.activityShare)} %`,
    })),
    difference('weight', before.weightKg, now.weightKg, 'kg', 1, false, (from, to) => ({
      agrees: withinShare(from, to, limit.weightShare),
      rule: `within ${asPercent(limit.weightShare)} %`,
    })),
    difference('glucose', before.glucoseMgPerDl, now.glucoseMgPerDl, 'mg/dl', 0, false, (from, to) => ({
      agrees: atMost(Math.max(from, to), limit.glucoseMgPerDl),
      rule: `at most ${limit.glucoseMgPerDl} mg/dl`,
    })),
    ...references(before, now, limit),
    sameText('radiopharmaceutical', before.radiopharmaceutical, now.radiopharmaceutical, true),
    sameText('scanner', before.scanner, now.scanner, false),
    sameText('reconstruction', before.reconstruction, now.reconstruction, false),
    sameText('filter', before.filter, now.filter, false),
    sameText('voxel size', voxelText(before), voxelText(now), false),
    sameText('decay correction', before.decayCorrection, now.decayCorrection, false),
  ];
  return checks;
}

/** The liver; the blood pool instead where one scan has no liver. */
function references(
  before: ScanConditions,
  now: ScanConditions,
  { liverShare, liverSul }: ComparabilityLimits,
): ComparabilityCheck[] {
  const rule = (from: number, to: number) => ({
    agrees: withinShare(from, to, liverShare) && atMost(Math.abs(to - from), liverSul),
    rule: `within ${asPercent(liverShare)} % and ${liverSul} SUL`,
  });
  const liver = difference('liver uptake', before.liverSul, now.liverSul, 'SUL', 2, true, rule);
  if (liver.status !== 'unknown') return [liver];
  return [
    liver,
    difference('blood pool uptake', before.bloodPoolSul, now.bloodPoolSul, 'SUL', 2, true, rule),
  ];
}

/** Why the numbers must not be compared; empty where nothing decisive differs. */
export function notComparableReasons(checks: readonly ComparabilityCheck[]): string[] {
  return checks
    .filter(({ status, isDecisive }) => status === 'differs' && isDecisive)
    .map(({ message }) => message);
}

/** Of the first value, as criteria state it. */
const withinShare = (from: number, to: number, share: number): boolean =>
  from > 0 && atMost(Math.abs(to - from) / from, share);

function difference(
  item: ComparabilityItem,
  from: number | null,
  to: number | null,
  unit: string,
  digits: number,
  isDecisive: boolean,
  judge: (from: number, to: number) => { readonly agrees: boolean; readonly rule: string },
): ComparabilityCheck {
  if (from === null || to === null) return unknown(item, from === null, to === null, isDecisive);
  const { agrees, rule } = judge(from, to);
  const values = `${from.toFixed(digits)} ${unit} before, ${to.toFixed(digits)} ${unit} now`;
  return {
    item,
    status: agrees ? 'agrees' : 'differs',
    message: `${item}: ${values} (${rule})`,
    isDecisive,
  };
}

function sameText(
  item: ComparabilityItem,
  from: string | null,
  to: string | null,
  isDecisive: boolean,
): ComparabilityCheck {
  if (from === null || to === null) return unknown(item, from === null, to === null, isDecisive);
  const agrees = from.trim().toLowerCase() === to.trim().toLowerCase();
  return {
    item,
    status: agrees ? 'agrees' : 'differs',
    message: agrees ? `${item}: ${to}` : `${item}: ${from} before, ${to} now`,
    isDecisive,
  };
}

function unknown(
  item: ComparabilityItem,
  before: boolean,
  now: boolean,
  isDecisive: boolean,
): ComparabilityCheck {
  const where = before && now ? 'at both scans' : before ? 'before' : 'now';
  return { item, status: 'unknown', message: `${item}: not known ${where}`, isDecisive };
}

const voxelText = ({ voxelMm }: ScanConditions): string | null =>
  voxelMm === null ? null : `${voxelMm.map((mm) => mm.toFixed(2)).join(' × ')} mm`;
