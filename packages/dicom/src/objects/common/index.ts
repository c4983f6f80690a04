export { addBodyPart, addBodyPartWithoutLaterality, settleLaterality } from './body-part.ts';
export { codeItem, readCode, readCodeItem, readCodes } from './code-item.ts';
export {
  type Algorithm,
  algorithmItem,
  type Equipment,
  limitLo,
  type ObjectContext,
  type SeriesContext,
} from './context.ts';
export { type DicomDateTime, toDicomDateTime } from './date-time.ts';
export { type ObjectErrorCode, objectError, objectErrorCodes } from './errors.ts';
export * from './modules.ts';
export {
  addCommonInstanceReferences,
  groupReferences,
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
  normalOf,
  orientationOf,
  positionOfSlice,
  type SourceImages,
  type SourceSlice,
  sourceImages,
  underlyingSlices,
} from './source-images.ts';
