import { exp } from '../shared/exact-math.ts';
import { parseLocal } from '../shared/local-time.ts';
import {
  type Body,
  idealWeight,
  leanMass,
  leanMassJames128,
  leanMassJanmahasatian,
  surfaceArea,
} from './body-measures.ts';
import type { CaseBed, SuvCase } from './case.ts';
import { SCENE } from './scene.ts';

export const DOSE_BQ = 350e6;
export const PHILIPS_ACTIVITY_FACTOR = 1.602563;

export const nuclides = {
  'F-18': { halfLifeSeconds: 6586.2, code: 'C-111A1', meaning: '^18^Fluorine', agent: 'Fluorodeoxyglucose' },
  'Ga-68': { halfLifeSeconds: 4062.6, code: 'C-131A3', meaning: '^68^Gallium', agent: 'DOTATATE' },
  'Zr-89': { halfLifeSeconds: 282240, code: 'C-168A4', meaning: '^89^Zirconium', agent: 'Antibody' },
} as const;

/** The physics of one case: what is true before a scanner writes its header. */
export interface Forward {
  readonly body: Body;
  readonly halfLifeSeconds: number;
  readonly referenceSeconds: number;
  readonly injectionSeconds: number;
  /** Rescaled stored value of a voxel with SUVbw 1, per slice. */
  readonly valuePerSuv: readonly number[];
  /** Philips factor that turns the rescaled value into SUVbw. */
  readonly philipsSuvFactor: number;
  bedOf(slice: number): CaseBed;
}

/**
 * Forward in time, the opposite way of an SUV computation: SUV → activity at the administration → activity at the
 * reference or in the frame → unit of the file.
 */
export function simulateCase(entry: SuvCase): Forward {
  const body: Body = { weightKg: 75, heightM: 1.85, sex: 'M', ...entry.body };
  const { halfLifeSeconds } = nuclides[entry.nuclide ?? 'F-18'];
  const referenceSeconds = parseLocal(entry.reference ?? '20250314103000');
  const injectionSeconds = referenceSeconds - (entry.uptakeMinutes ?? 62) * 60;
  const beds = entry.beds ?? [{ startSeconds: 0, durationSeconds: 180 }];
  const bedOf = (slice: number) => beds[Math.floor((slice * beds.length) / SCENE.slices)]!;
  const remaining = (seconds: number) => exp((-Math.LN2 * seconds) / halfLifeSeconds);
  const administered = DOSE_BQ / (body.weightKg * 1000);
  const activity = (slice: number): number => {
    if (entry.decayCorrection === 'ADMIN') return administered;
    const uptake = referenceSeconds - injectionSeconds;
    if (entry.decayCorrection !== 'NONE') return administered * remaining(uptake);
    const { startSeconds, durationSeconds } = bedOf(slice);
    const decays = (Math.LN2 * durationSeconds) / halfLifeSeconds;
    return administered * remaining(uptake + startSeconds) * ((1 - exp(-decays)) / decays);
  };
  const suvKinds: Record<string, number> = {
    LBM: leanMass(body),
    LBMJAMES128: leanMassJames128(body),
    LBMJANMA: leanMassJanmahasatian(body),
    IBW: idealWeight(body),
  };
  const value = (slice: number): number => {
    switch (entry.units) {
      case 'GML':
        return (suvKinds[entry.suvType ?? ''] ?? body.weightKg) / body.weightKg;
      case 'CM2ML':
        return (surfaceArea(body) * 1e4) / (body.weightKg * 1000);
      case 'CNTS':
        return activity(slice) / PHILIPS_ACTIVITY_FACTOR;
      default:
        return activity(slice);
    }
  };
  return {
    body,
    halfLifeSeconds,
    referenceSeconds,
    injectionSeconds,
    valuePerSuv: Array.from({ length: SCENE.slices }, (_, slice) => value(slice)),
    philipsSuvFactor: PHILIPS_ACTIVITY_FACTOR / activity(0),
    bedOf,
  };
}
