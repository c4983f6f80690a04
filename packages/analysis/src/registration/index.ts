export * from './deformable/index.ts';
export { type FrameMotion, frameMotion } from './frame-motion.ts';
export { DEFAULT_LEVELS, type LevelOptions } from './levels.ts';
export { type LandmarkFit, type LandmarkPair, type Nudge, nudged, rigidFromLandmarks } from './manual.ts';
export type { RegionName } from './measure-regions.ts';
export type { Doubt } from './plausibility.ts';
export { type AffineOptions, type AffineResult, FINE_LEVELS, registerAffine } from './register-affine.ts';
export {
  largestDisagreementMm,
  type RigidOptions,
  type RigidResult,
  registerRigid,
} from './register-rigid.ts';
export {
  type RegionMisalignment,
  type RegistrationScore,
  registrationScore,
  type ScoreOptions,
  TOLERANCE_MM,
} from './registration-score.ts';
export { type Correction, type RescoredCorrection, rescored } from './rescore.ts';
