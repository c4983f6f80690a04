export {
  type MetalMethod,
  type MetalOptions,
  type MetalReduction,
  reduceMetal,
} from './reduce-metal.ts';
