export { type ReconstructedSeriesInput, reconstructedSeries } from './build.ts';
