export { type Body, lineIntegral, paintBodies, projectBodies } from './bodies.ts';
export {
  type MetalScene,
  measureScene,
  metalShare,
  type PelvisMaterial,
  pelvisScene,
  pelvisSpectrum,
  pelvisWaterPerMm,
} from './metal.ts';
export { sheppLoganBodies } from './shepp-logan.ts';
