export {
  composeDeformations,
  type Deformation,
  invertDeformation,
  toFixed,
  toMoving,
  warp,
} from './deformation.ts';
export { deformAnatomy, deformLabels } from './deformed-anatomy.ts';
export { type FoldReport, foldReport, jacobianDeterminants } from './folds.ts';
export { type DeformablePreset, deformablePresets, type RegistrationKind } from './presets.ts';
export {
  type DeformableEvidence,
  type DeformableOptions,
  type DeformableResult,
  registerDeformable,
} from './register-deformable.ts';
export type { SurfaceEvidence } from './surfaces.ts';
