export { type CoilSamples, calibrationBlock, samplingMask } from './samples.ts';
export {
  KSPACE_METHODS,
  type KspaceMethod,
  type KspaceNullSpace,
  type KspaceOptions,
  type KspaceResult,
  kspaceNullSpace,
  reconstructKspace,
} from './sense.ts';
export { coilSensitivities, type Sensitivities } from './sensitivities.ts';
