export {
  buildSpatialRegistration,
  type MatrixType,
  type MovingImages,
  type RegisteredImages,
  type SpatialRegistrationInput,
} from './build.ts';
export { buildDeformableRegistration, type DeformableRegistrationInput } from './build-deformable.ts';
export { deformationOf } from './deformation.ts';
export { isRigid, matrixShape } from './matrix.ts';
export {
  type DeformableItem,
  type DeformationGrid,
  deformPoint,
  matrixBetween,
  type Registration,
  type RegistrationItem,
  type RegistrationSide,
  readRegistration,
} from './read.ts';
