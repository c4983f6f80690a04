export { type SpectctParameters, spectctParameters } from './parameters.ts';
export { spectct } from './pipeline.ts';
export {
  SPECTCT_SUMMARY_SCHEMA,
  type SpectctRegion,
  type SpectctSummary,
  spectctSummary,
} from './summary.ts';
