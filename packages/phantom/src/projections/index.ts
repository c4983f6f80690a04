export { type Body, lineIntegral, paintBodies, projectBodies } from './bodies.ts';
export type { Layer, LayeredScene } from './layered-scene.ts';
export {
  type LayeredMetalScene,
  type MetalMeasurement,
  type MetalScene,
  measureScene,
  metalShare,
  type PelvisMaterial,
  pelvisScene,
  pelvisSpectrum,
  pelvisWaterPerMm,
  withoutMetal,
} from './metal.ts';
export { dentalScene, spineScene } from './metal-bodies.ts';
export { sheppLoganBodies } from './shepp-logan.ts';
