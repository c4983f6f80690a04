export {
  type LesionMatch,
  type LesionShape,
  type LesionState,
  type MatchOptions,
  matchLesions,
} from './match-lesions.ts';
