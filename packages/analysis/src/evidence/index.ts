export { type Kappa, weightedKappa } from './agreement.ts';
export {
  bootstrapInterval,
  type Equivalence,
  equivalence,
  type Interval,
  meanOf,
  shareInterval,
} from './intervals.ts';
export { seededIndices, shuffled } from './random.ts';
export { type SignedRank, signedRankTest, signTest } from './ranks.ts';
export {
  analyseReadings,
  type ReaderAnalysis,
  type ReaderItem,
  type Reading,
  readerOrder,
} from './reader-study.ts';
