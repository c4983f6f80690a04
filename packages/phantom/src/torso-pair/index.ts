export { torsoTissues } from './anatomy.ts';
export {
  type TorsoLandmark,
  type TorsoPair,
  type TorsoPairOptions,
  torsoPair,
  torsoPairGrid,
} from './torso-pair.ts';
