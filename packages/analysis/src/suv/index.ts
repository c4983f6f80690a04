export {
  bodySurfaceArea,
  idealBodyWeight,
  leanBodyMassJames,
  leanBodyMassJames120,
  leanBodyMassJanmahasatian,
} from './body-size.ts';
export { compareFactor, type FactorComparison, type ForeignFactor } from './compare-factor.ts';
export type { PetHeader, PetSlice } from './header.ts';
export { isSinglePhoton } from './radionuclides.ts';
export { SUV_KINDS, type SuvFactors, type SuvKind, type SuvRefusal, type SuvResult } from './result.ts';
export { suvFactors } from './suv-factors.ts';
