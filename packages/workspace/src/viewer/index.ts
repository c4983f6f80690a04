/** The only door to the pictures: nothing outside of this folder knows Cornerstone. */
export { type ColorTableId, colorTables, cssGradient } from './colormaps.ts';
export type { EngineVolume } from './engine.ts';
export {
  add,
  centre,
  distance,
  dot,
  extentAlong,
  type Grid,
  identity,
  invertRigid,
  type Mat4,
  moveGrid,
  scale,
  stepAlong,
  transformPoint,
  type Vec3,
} from './geometry.ts';
export { edgeLetters, locationText, type PaneKind, viewVectors } from './orientation.ts';
export { extractShapes, outline, type Plane, type Segments, type Shape } from './outlines.ts';
export type { Layer, Pane, PaneContent } from './pane.ts';
export { brightestAlong, type Sampled, type VoxelData, voxelAt } from './sampling.ts';
export { Viewer } from './viewer.ts';
