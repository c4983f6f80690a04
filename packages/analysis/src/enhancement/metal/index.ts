export { changedBeyondTrace } from './beyond-trace.ts';
export {
  type MetalMethod,
  type MetalOptions,
  type MetalReduction,
  type MetalSinogram,
  type ReducedSlices,
  reduceMetal,
} from './reduce-metal.ts';
