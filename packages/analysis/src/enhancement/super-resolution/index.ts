export { correctPlanes, type NormalPlanes, type PlaneCorrector } from './correct-planes.ts';
export {
  MOST_FACTOR,
  type RefinedSlices,
  type RefineOptions,
  refinementFactor,
  refineSlices,
  relativeThickness,
} from './refine-slices.ts';
export type { Settled } from './settle.ts';
export { SliceModel, type SliceProfile } from './slice-profile.ts';
