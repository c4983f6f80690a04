import type { Sex } from './body-size.ts';
import type { PetHeader } from './header.ts';

/** Ends a computation with a reason; turned into a refusal at the public face. */
export class Refused extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, reason: string, remedy: string) {
    super(reason);
    this.code = code;
    this.remedy = remedy;
  }
}

/** What is gathered while the factors of one series are computed. */
export interface Working {
  readonly header: PetHeader;
  readonly derivation: string[];
  readonly warnings: string[];
  readonly weightKg: number | null;
  readonly heightM: number | null;
  readonly sex: Sex | null;
  confident: boolean;
  injectedActivityBq: number | null;
  uptakeMinutes: number | null;
}

/** A weight above this is grams, a size above this centimetres. */
const HIGHEST_WEIGHT_KG = 1000;
const HIGHEST_SIZE_M = 3;

const USUAL_WEIGHT_KG: readonly [number, number] = [2, 300];

/** Weight, size and sex in the units of the formulas, with a word where they had to be read otherwise. */
export function startWorking(header: PetHeader): Working {
  const warnings: string[] = [];
  let weightKg = positive(header.patientWeightKg);
  if (weightKg !== null && weightKg > HIGHEST_WEIGHT_KG) {
    warnings.push(`patient weight ${weightKg} read as grams`);
    weightKg /= 1000;
  }
  if (weightKg !== null && isOutside(weightKg, USUAL_WEIGHT_KG))
    warnings.push(`unusual patient weight: ${weightKg} kg`);
  let heightM = positive(header.patientSizeM);
  if (heightM !== null && heightM > HIGHEST_SIZE_M) {
    warnings.push(`patient size ${heightM} read as centimetres`);
    heightM /= 100;
  }
  const sexText = header.patientSex?.trim().toUpperCase() ?? '';
  const sex = sexText === 'M' || sexText === 'F' || sexText === 'O' ? sexText : null;
  return {
    header,
    derivation: [],
    warnings,
    weightKg,
    heightM,
    sex,
    confident: true,
    injectedActivityBq: null,
    uptakeMinutes: null,
  };
}

/** The value where it is a positive number, else null. */
export function positive(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value > 0 ? value : null;
}

export function isOutside(value: number, [low, high]: readonly [number, number]): boolean {
  return value < low || value > high;
}

/** Eight significant digits, for derivations. */
export const significant = (value: number): string => String(Number(value.toPrecision(8)));
