export { type Finding, type FoundLesions, findLesions } from './find-lesions.ts';
export {
  CALIBRATION_LIMITS,
  type Calibration,
  type CalibrationOutcome,
  type Click,
  calibrateUptake,
  type SiteCalibration,
} from './model/calibrate.ts';
export { INPUTS, inputsOf } from './model/inputs.ts';
export type { UptakeProbability } from './model/judge.ts';
export { type Sample, trainTrees } from './model/train.ts';
export { type BoostedTrees, evaluate, probabilityOf } from './model/trees.ts';
export { type Outlined, outlineFindings } from './outline.ts';
export { type Organ, physiologyOf } from './physiology.ts';
export { type FindOptions, hillsOf } from './search.ts';
export type { Site, SiteName } from './site.ts';
export type { Threshold, ThresholdRule } from './threshold.ts';
