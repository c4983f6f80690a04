export {
  type AppliedModel,
  modelledAnatomy,
  type PlacedAnatomy,
  type PlacedStructure,
  withModel,
} from './apply-model.ts';
export { COMPOSITION_ALGORITHM, compositionSegmentation } from './composition-segments.ts';
export { codedLobe, LOBES_ALGORITHM, lobesSegmentation } from './lobe-segments.ts';
export { ANATOMY_MODEL_SCHEMA, anatomyModelFile } from './model-file.ts';
export { type AnatomyModel, readModelLabels } from './model-source.ts';
export { anatomySite } from './registered-model.ts';
export { ANATOMY_SCHEMA, type AnatomyReport, type AnatomyStructure, anatomyReport } from './report.ts';
export { type AnatomyOptions, type AnatomyResult, segmentImage } from './segment-image.ts';
export { segmentLobesStep } from './segment-lobes.ts';
export { segmentOrgansStep } from './segment-organs.ts';
export { codedStructure, structureOfCode, structureSegments } from './structure-codes.ts';
