import {
  bodySurfaceArea,
  idealBodyWeight,
  leanBodyMassJames,
  leanBodyMassJames120,
  leanBodyMassJanmahasatian,
} from './body-size.ts';
import type { SuvKind } from './result.ts';
import { significant, type Working } from './working.ts';

/** Body weight over the measure that a kind of SUV divides by, or the reason why it cannot be had. */
export function bodyMeasure(kind: SuvKind, { weightKg, heightM, sex }: Working): number | string {
  if (weightKg === null) return 'patient weight is missing';
  if (kind === 'bw') return weightKg;
  if (heightM === null) return 'patient size is missing';
  if (kind === 'bsa') {
    // SUVbsa in cm²/ml: with the weight in kg, kg per (m² · 10⁴ cm²/m²) · 10³ g/kg.
    return bodySurfaceArea({ weightKg, heightM }) * 10;
  }
  if (sex === null) return "patient's sex is missing";
  const measures = {
    lbm: () => leanBodyMassJames({ weightKg, heightM, sex }),
    lbmJames120: () => leanBodyMassJames120({ weightKg, heightM, sex }),
    lbmJanmahasatian: () => leanBodyMassJanmahasatian({ weightKg, heightM, sex }),
    ibw: () => idealBodyWeight({ heightM, sex }),
  } as const;
  const measure = measures[kind]();
  return measure > 0 ? measure : `the formula gives ${significant(measure)} kg for this weight and size`;
}
