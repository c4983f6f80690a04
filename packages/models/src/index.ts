export { ManifestError, parseManifest } from './manifest/read.ts';
export { type IntensityRule, type ModelManifest, modelManifest, modelTasks } from './manifest/schema.ts';
export { type OnnxFacts, onnxFacts } from './onnx/facts.ts';
export { type Network, type NetworkOptions, openNetwork } from './onnx/network.ts';
export type { Provider } from './onnx/protocol.ts';
export { type PackageDigest, type PackageFile, packageDigest } from './package/digest.ts';
export { type ModelPackage, openPackage } from './package/open.ts';
export { type InferOptions, inferVolume, type ModelImages, type ModelResult } from './volumes/infer.ts';
