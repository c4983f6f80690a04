export type { GreyPictures, Rectangle } from './pictures.ts';
export type { SpecklePilot } from './pilot.ts';
export {
  reduceSpeckle,
  type SpeckleOptions,
  type SpeckleReduction,
  type SpeckleStrength,
} from './reduce-speckle.ts';
export { type SpeckleStatistics, speckleStatistics } from './speckle-statistics.ts';
export { type ColourPictures, tissueOf } from './tissue-mask.ts';
