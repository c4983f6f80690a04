export type { ContourTarget, Conversion, ConversionInput, ConvertedFile } from './conversion.ts';
export { convertContours } from './convert.ts';
