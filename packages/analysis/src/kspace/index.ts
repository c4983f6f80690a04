export { type CoilSamples, calibrationBlock, samplingMask } from './samples.ts';
export {
  KSPACE_METHODS,
  type KspaceMethod,
  type KspaceOptions,
  type KspaceResult,
  reconstructKspace,
} from './sense.ts';
export { coilSensitivities, type Sensitivities } from './sensitivities.ts';
