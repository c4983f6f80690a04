export { type CtExtent, type CtExtentOutcome, measureCtExtent } from './ct-extent.ts';
export { type Diameter, furthestPair, lesionDmax } from './diameter.ts';
export { measureRegion, measureVoxels, type RegionMeasurement } from './measure.ts';
export { type SampledRegion, sampleRegion } from './sample-region.ts';
export { PEAK_ALGORITHM, PEAK_RADIUS_MM, type SuvPeak } from './suv-peak.ts';
