export { type PetctParameters, petctParameters } from './parameters.ts';
export { petctOncology } from './pipeline.ts';
export { type PetctLesion, type PetctSummary, petctSummary, SUMMARY_SCHEMA } from './summary.ts';
