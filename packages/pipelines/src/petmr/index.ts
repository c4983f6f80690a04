export { type PetmrParameters, petmrParameters } from './parameters.ts';
export { petmr } from './pipeline.ts';
export { PETMR_SUMMARY_SCHEMA, type PetmrLesion, type PetmrSummary, petmrSummary } from './summary.ts';
