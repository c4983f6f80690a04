export { ManifestError, parseManifest } from './manifest/read.ts';
export { type IntensityRule, type ModelManifest, modelManifest, modelTasks } from './manifest/schema.ts';
export { type OnnxFacts, onnxFacts } from './onnx/facts.ts';
export {
  type ModelInferOptions,
  type OpenModel,
  type OpenModelOptions,
  openModel,
} from './open-model.ts';
export { type PackageDigest, type PackageFile, packageDigest } from './package/digest.ts';
export { type ModelPackage, openPackage } from './package/open.ts';
export { type FolderExchange, imageOn, labelsOn } from './program/exchange.ts';
export { type FolderProgram, runInFolders } from './program/run-in-folders.ts';
export { type InferOptions, inferVolume } from './volumes/infer.ts';
export type { ModelImages } from './volumes/prepare.ts';
export type { ModelResult } from './volumes/sinks.ts';
