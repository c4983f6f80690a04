export { type BiasCorrection, type BiasFieldOptions, correctBiasField } from './bias-field.ts';
export { type Combat, type CombatBatch, type CombatInput, combat } from './combat.ts';
export {
  histogramDivergence,
  type IntensityLandmarks,
  LANDMARK_PERCENTILES,
  landmarksOf,
  matchLandmarks,
  meanLandmarks,
} from './landmarks.ts';
