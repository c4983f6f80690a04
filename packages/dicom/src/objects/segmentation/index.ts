export { buildSegmentation, LABEL_MAP_SEGMENTATION, type SegmentationInput } from './build.ts';
export type { SegmentAlgorithmType, SegmentDescription, SegmentPixels } from './content.ts';
export {
  type ConvertedSegmentation,
  convertSegmentation,
  type SegmentationEncoding,
  segmentationEncoding,
} from './convert.ts';
export { readSegmentation } from './open.ts';
export { Segmentation, type SegmentationFrame, type SegmentationKind } from './read.ts';
export { changeReferences, type ReferenceChange, referencedInstances } from './references.ts';
export type { SegmentInfo } from './segment-info.ts';
