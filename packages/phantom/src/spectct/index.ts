export * from './dicom/index.ts';
export type { SpectctPhantomOptions } from './options.ts';
export {
  type RegionTruth,
  type SpectctPhantom,
  type SpectctTruth,
  type SpectImageTruth,
  spectctPhantom,
} from './phantom.ts';
export type { SpectTracer } from './tracers.ts';
