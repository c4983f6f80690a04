export * from './blending-presentation/index.ts';
export {
  type Algorithm,
  codeItem,
  type Equipment,
  type InstanceReference,
  multiFrameSource,
  type ObjectContext,
  type ObjectErrorCode,
  objectErrorCodes,
  readAlgorithm,
  readCode,
  readCodes,
  referenceTo,
  type SeriesContext,
  type SourceImages,
  type SourceSlice,
  sourceImages,
  toPersonName,
} from './common/index.ts';
export * from './content-assessment/index.ts';
export * from './derived-series/index.ts';
export * from './dose/index.ts';
export * from './dose-report/index.ts';
export { encodeObject } from './encode.ts';
export * from './hanging-protocol/index.ts';
export * from './key-object/index.ts';
export * from './measurement-report/index.ts';
export * from './real-world-value-mapping/index.ts';
export * from './reconstructed-series/index.ts';
export * from './secondary-capture/index.ts';
export * from './segmentation/index.ts';
export * from './spatial-registration/index.ts';
export * from './sr/index.ts';
export {
  type ContentItem,
  codeValue,
  readDocumentContent,
  textValue,
  writeContent,
} from './sr/index.ts';
export * from './structure-set/index.ts';
