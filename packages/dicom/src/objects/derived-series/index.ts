export { buildDerivedSeries, type DerivedSeriesInput, deriveInstances } from './build.ts';
