export { addBodyPart, addBodyPartWithoutLaterality, settleLaterality } from './body-part.ts';
export { codeItem, readCode, readCodes } from './code-item.ts';
export {
  type Algorithm,
  algorithmItem,
  type Equipment,
  limitLo,
  type ObjectContext,
  readAlgorithm,
  type SeriesContext,
} from './context.ts';
export { type DicomDateTime, toDicomDateTime } from './date-time.ts';
export { type ObjectErrorCode, objectError, objectErrorCodes } from './errors.ts';
export * from './modules.ts';
export { toPersonName } from './person-name.ts';
export {
  addCommonInstanceReferences,
  hierarchicalItems,
  type InstanceReference,
  readCommonInstanceReferences,
  readHierarchicalItems,
  referenceTo,
  sopReferenceItem,
} from './references.ts';
export { repairAttributes } from './repair.ts';
export {
  multiFrameSource,
  orientationOf,
  type SourceImages,
  type SourceSlice,
  sourceImages,
} from './source-images.ts';
