export {
  type MetalMethod,
  type MetalOptions,
  type MetalReduction,
  type MetalSinogram,
  reduceMetal,
} from './reduce-metal.ts';
