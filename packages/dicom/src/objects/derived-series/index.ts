export { buildDerivedSeries, deriveInstances } from './build.ts';
export type { DerivedSeriesInput } from './instance.ts';
export { isEnhancedImage } from './multi-frame.ts';
export { buildDerivedPictures, type DerivedPicturesInput, isUltrasoundImage } from './pictures.ts';
