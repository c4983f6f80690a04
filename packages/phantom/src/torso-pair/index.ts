export { torsoTissues } from './anatomy.ts';
export type { TorsoPairKind } from './images.ts';
export {
  type TorsoLandmark,
  type TorsoPair,
  type TorsoPairOptions,
  torsoPair,
  torsoPairGrid,
} from './torso-pair.ts';
