export { reconstructionGeometry } from './geometry-file.ts';
export {
  type ReconstructionRequest,
  type ReconstructionResult,
  reconstructProjections,
} from './reconstruct.ts';
export { type KspaceRequest, reconstructKspaceFile } from './reconstruct-kspace.ts';
export {
  KSPACE_RECONSTRUCTED_SCHEMA,
  type KspaceReconstructed,
  kspaceReconstructed,
  RECONSTRUCTED_SCHEMA,
  RECONSTRUCTION_METHODS,
  type Reconstructed,
  type ReconstructionMethod,
  reconstructed,
} from './summary.ts';
