export { contrastToNoise, regionBias, signalToNoise } from './contrast.ts';
export { type DetectionTask, detectability, type Viewing } from './detectability.ts';
export { type ContrastRange, type EdgeTransfer, edgeTransfer } from './edge-transfer.ts';
export { type FlatPatch, type FlatPatchOptions, flatPatches } from './flat-patches.ts';
export { type GlobalNoise, globalNoise } from './global-noise.ts';
export * from './hallucination/index.ts';
export {
  airWhiteness,
  backgroundNoise,
  type MagnitudeNoise,
  ricianSigma,
  tissueNoise,
} from './magnitude-noise.ts';
export { type NoiseMapOptions, noiseMap } from './noise-map.ts';
export {
  type NoisePower,
  noisePower,
  noisePowerAt,
  type RadialNoisePower,
  radialNoisePower,
} from './noise-power.ts';
export { detrend, type Patch, patchAt } from './patch.ts';
export { relativeSharpness } from './sharpness.ts';
export { meanSquaredError, psnr, ssim } from './similarity.ts';
export {
  type EdgeProfile,
  edgeProfile,
  edgeWidthMm,
  type Rod,
  type TaskTransfer,
  taskTransfer,
} from './task-transfer.ts';
export { type TissueOptions, type TissueRatios, tissueRatios } from './tissue-ratios.ts';
