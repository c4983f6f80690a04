export {
  defaultDiscs,
  type SpeckleDisc,
  type SpecklePhantom,
  type SpecklePhantomOptions,
  specklePhantom,
} from './frames.ts';
