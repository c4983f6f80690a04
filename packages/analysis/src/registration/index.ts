export {
  DEFAULT_LEVELS,
  type LevelOptions,
  largestDisagreementMm,
  type RigidOptions,
  type RigidResult,
  registerRigid,
} from './register-rigid.ts';
