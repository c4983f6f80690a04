export { type RadiotherapyParameters, radiotherapyParameters } from './parameters.ts';
export { radiotherapyOar } from './pipeline.ts';
export { RADIOTHERAPY_SCHEMA, type RadiotherapySummary, radiotherapySummary } from './summary.ts';
