export { type Finding, type FindOptions, type FoundLesions, findLesions } from './find-lesions.ts';
export type { Organ } from './physiology.ts';
export type { Site, SiteName } from './site.ts';
export type { Threshold, ThresholdRule } from './threshold.ts';
