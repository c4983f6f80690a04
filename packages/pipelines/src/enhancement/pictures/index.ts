export { enhancePictures, isPictureSeries } from './enhance-pictures.ts';
