export {
  type AnatomyModel,
  type AnatomyOptions,
  type AnatomyReport,
  type AnatomyResult,
  type AnatomyStructure,
  readModelLabels,
  segmentImage,
} from './anatomy/index.ts';
export * from './cardiac-perfusion/index.ts';
export * from './conditions/index.ts';
export * from './contour-conversion/index.ts';
export { csvField } from './csv-field.ts';
export * from './ct-noise/index.ts';
export * from './dose-simulation/index.ts';
export * from './dose-volumes/index.ts';
export * from './enhancement/index.ts';
export * from './execution/index.ts';
export * from './frame-motion/index.ts';
export * from './image-registration/index.ts';
export * from './inspection/index.ts';
export { jsonSchemas } from './json-schemas.ts';
export * from './measuring/index.ts';
export * from './model-evidence/index.ts';
export * from './model-trial/index.ts';
export {
  type Choice,
  choosePetAndCt,
  isVolume,
  type Pairing,
  type PetFacts,
  type SeriesFacts,
  type VolumeFacts,
} from './pairing/index.ts';
export * from './petct-oncology/index.ts';
export * from './petmr/index.ts';
export type * from './pipeline.ts';
export * from './prior-comparison/index.ts';
export * from './radiotherapy-oar/index.ts';
export * from './reconstruction/index.ts';
export * from './spectct/index.ts';
export * from './study/index.ts';
