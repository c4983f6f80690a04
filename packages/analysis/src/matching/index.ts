export {
  type LesionMatch,
  type LesionShape,
  type LesionState,
  type MatchOptions,
  matchLesions,
} from './match-lesions.ts';
export { type LesionTrack, type TimePointLesions, trackLesions } from './track-lesions.ts';
