export { buildSegmentation, LABEL_MAP_SEGMENTATION, type SegmentationInput } from './build.ts';
export type { SegmentAlgorithmType, SegmentDescription, SegmentPixels } from './content.ts';
export { readSegmentation } from './open.ts';
export { Segmentation, type SegmentationFrame, type SegmentationKind } from './read.ts';
export type { SegmentInfo } from './segment-info.ts';
