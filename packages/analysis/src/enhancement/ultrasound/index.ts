export type { GreyPictures } from './pictures.ts';
export {
  reduceSpeckle,
  type SpeckleOptions,
  type SpeckleReduction,
  type SpeckleStrength,
} from './reduce-speckle.ts';
export { type SpeckleStatistics, speckleStatistics } from './speckle-statistics.ts';
