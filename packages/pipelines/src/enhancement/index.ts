export {
  builtInMethod,
  defaultMethod,
  enhancementMethods,
  settingNames,
  settingsOf,
  splitModelName,
} from './catalogue.ts';
export { type PlannedSeries, planEnhancement } from './choose.ts';
export { enhanceNifti } from './enhance-nifti.ts';
export { enhancementHangingProtocol } from './hanging-protocol.ts';
export { type ImageFacts, imageFacts, unknownFacts } from './image-facts.ts';
export { type LearnedLandmarks, learnLandmarks } from './learn-landmarks.ts';
export { measureChange } from './measure-change.ts';
export {
  type Enhanced,
  type EnhancementImage,
  type EnhancementMethod,
  type EnhancementTask,
  enhancementTasks,
  type MethodContext,
  type MethodFact,
} from './method.ts';
export { type EnhancementParameters, enhancementParameters } from './parameters.ts';
export { enhancement } from './pipeline.ts';
export { qualityParameters } from './quality/index.ts';
export {
  ENHANCED_IMAGE_SCHEMA,
  ENHANCEMENT_SUMMARY_SCHEMA,
  type EnhancedImage,
  type EnhancementSummary,
  enhancedImage,
  enhancementSummary,
} from './summary.ts';
