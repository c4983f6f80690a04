export * from './deformable/index.ts';
export {
  DEFAULT_LEVELS,
  type LevelOptions,
  largestDisagreementMm,
  type RigidOptions,
  type RigidResult,
  registerRigid,
} from './register-rigid.ts';
export {
  type RegionMisalignment,
  type RegionName,
  type RegistrationScore,
  registrationScore,
  type ScoreOptions,
  TOLERANCE_MM,
} from './registration-score.ts';
