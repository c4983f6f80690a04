export {
  type ContourTarget,
  type Conversion,
  type ConversionInput,
  type ConvertedFile,
  convertContours,
} from './convert.ts';
