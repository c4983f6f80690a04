export {
  type LesionPair,
  type LesionPairOptions,
  lesionPair,
  type SimulatedLesion,
} from './lesion-pair.ts';
