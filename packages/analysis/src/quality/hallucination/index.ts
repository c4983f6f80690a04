export { type Brought, broughtTo } from './brought-to.ts';
export { evenPlanes } from './even-planes.ts';
export { judgedBody } from './judged-body.ts';
export {
  brightestOf,
  defaultQualityLimits,
  judgedTissue,
  limitsForPlaces,
  structureFigures,
} from './limits.ts';
export type { NullSpaceMap } from './null-space.ts';
export { checkRefined, type RefinedCheck } from './refined.ts';
export { type Residual, type ResidualOptions, residualOf } from './residual.ts';
export type { Spot } from './spots.ts';
export { findStructures, type StructureOptions, type Structures } from './structure.ts';
export type { TextureSpot } from './texture.ts';
export {
  type Enhance,
  type Insertion,
  type InsertionOptions,
  insertionRecovery,
  type Jitter,
  jitterOf,
} from './trials.ts';
export {
  judgeQuality,
  type QualityCheck,
  type QualityCheckName,
  type QualityLimit,
  type QualityLimits,
  qualityChecks,
  type Verdict,
  verdictOf,
} from './verdict.ts';
