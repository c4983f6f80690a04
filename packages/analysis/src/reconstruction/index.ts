export { asdPocs, type VariationOptions } from './asd-pocs.ts';
export { cgls } from './cgls.ts';
export {
  correctScatter,
  correctWater,
  type ScatterOptions,
  type SpectrumLine,
  waterPolynomial,
} from './corrections.ts';
export { type FilteredBackprojectionOptions, filteredBackprojection } from './filtered-backprojection.ts';
export {
  type BeamOptions,
  centeredGrid,
  coneBeam,
  type DivergingBeamOptions,
  evenAngles,
  fanBeam,
  parallelBeam,
} from './geometries.ts';
export type { IterativeOptions, IterativeResult } from './iterative.ts';
export { osSart, type SartOptions } from './os-sart.ts';
export { projectVolume, reprojectionError } from './project.ts';
export { RAMP_WINDOWS, type RampWindow, rampTap } from './ramp-filter.ts';
export type { Scan } from './redundancy.ts';
export { type RingOptions, suppressRings } from './rings.ts';
export { findRotationCenter, type RotationCenter } from './rotation-center.ts';
export { lineIntegrals, type Transmission } from './transmission.ts';
