export { assessmentObject } from './assessment.ts';
export { CHECK_CODES, unitOfCheck } from './codes.ts';
export {
  type ControlledImage,
  controlledImage,
  heldBack,
  qualityEntry,
  worseOf,
} from './controlled-image.ts';
export { type QualityParameters, qualityParameters } from './parameters.ts';
