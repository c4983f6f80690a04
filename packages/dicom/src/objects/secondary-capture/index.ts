export { buildSecondaryCapture, type RgbPicture, type SecondaryCaptureInput } from './build.ts';
