export { type MrAnatomy, type MrImages, segmentMrAnatomy } from './segment-mr.ts';
