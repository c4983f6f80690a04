export { buildDerivedSeries, type DerivedSeriesInput, deriveInstances } from './build.ts';
export { buildDerivedPictures, type DerivedPicturesInput, isUltrasoundImage } from './pictures.ts';
