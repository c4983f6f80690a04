export { type BiasCorrection, type BiasFieldOptions, correctBiasField } from './bias-field.ts';
export {
  histogramDivergence,
  type IntensityLandmarks,
  LANDMARK_PERCENTILES,
  landmarksOf,
  matchLandmarks,
  meanLandmarks,
} from './landmarks.ts';
