export {
  type ControlledImage,
  controlledImage,
  heldBack,
  qualityEntry,
} from './controlled-image.ts';
export type { QualityParameters } from './parameters.ts';
