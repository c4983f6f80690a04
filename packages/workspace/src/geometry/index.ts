/** Where things are: voxels, planes, views and outlines. Plain arithmetic, without the browser. */
export { type ColorTable, type ColorTableId, colorTables, cssGradient } from './colormaps.ts';
export {
  type DisplacementField,
  deformPlane,
  deformShape,
  largestMm,
  toCt,
  toPet,
} from './deformation.ts';
export {
  add,
  centre,
  diagonalMm,
  dot,
  extentAlong,
  type Grid,
  identity,
  type Mat4,
  moveGrid,
  scale,
  stepAlong,
  subtract,
  toWorld,
  transformPoint,
  type Vec3,
} from './grid.ts';
export { edgeLetters, locationText, type PaneKind, type ViewVectors, viewVectors } from './orientation.ts';
export { extractShapes, outline, type Plane, type Segments, type Shape } from './outlines.ts';
export { isAlmostUpright, resamplePlane, straightened, tiltMm, uprightGrid } from './resampling.ts';
export { type Nudge, nudged } from './rigid.ts';
export { brightestAlong, type Sampled, type VoxelData, voxelAt } from './sampling.ts';
