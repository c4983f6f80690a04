export { type MeasureOptions, measureFolder } from './measure-folder.ts';
export { MEASURE_SCHEMA, type Measured, measured } from './schema.ts';
