export type { CtKernel } from './fan-beam.ts';
export { type LowDoseCt, type LowDoseCtOptions, lowDoseCt } from './low-dose-ct.ts';
export { type RodPlace, rodPlaces } from './rods.ts';
