export {
  type DiffusionOptions,
  type DiffusionSeries,
  diffusionHead,
  type MrHead,
  type MrHeadOptions,
  mrHead,
} from './mr-head.ts';
