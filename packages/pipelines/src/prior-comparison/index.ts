export { type ComparisonParameters, comparisonParameters } from './parameters.ts';
export { priorComparison } from './pipeline.ts';
export { COMPARISON_SCHEMA, type ComparisonSummary, comparisonSummary } from './summary.ts';
