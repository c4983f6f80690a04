export { type MeasureOptions, measureImage } from './measure-image.ts';
export { MEASURE_SCHEMA, type Measured, measured } from './schema.ts';
