export {
  type CtRefinement,
  type CtSlab,
  type DenoiseCtOptions,
  type DenoisedCt,
  denoiseCt,
} from './denoise-ct.ts';
export { type SimulateDoseOptions, type SimulatedDose, simulateDose } from './simulate-dose.ts';
