export { type PetctParameters, petctParameters } from './parameters.ts';
export { petctOncology } from './pipeline.ts';
export { reviewedTotalsGroup, setAsideGroup } from './review.ts';
export { type PetctLesion, type PetctSummary, petctSummary, SUMMARY_SCHEMA } from './summary.ts';
export { readerClicks, siteCalibration } from './uptake-clicks.ts';
