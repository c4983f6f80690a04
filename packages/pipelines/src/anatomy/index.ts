export { type AnatomyModel, readModelLabels } from './model-source.ts';
export {
  type AnatomyOptions,
  type AnatomyReport,
  type AnatomyResult,
  type AnatomyStructure,
  segmentImage,
} from './segment-image.ts';
export { segmentOrgansStep } from './segment-organs.ts';
export { codedStructure, structureOfCode, structureSegments } from './structure-codes.ts';
