export {
  type ControlledImage,
  controlledImage,
  heldBack,
  qualityEntry,
  worseOf,
} from './controlled-image.ts';
export type { QualityParameters } from './parameters.ts';
