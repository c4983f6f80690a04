export {
  type Box,
  boundingBox,
  convert,
  crop,
  downsample,
  growBox,
  maskWhere,
  maskWithin,
  pad,
  threshold,
} from './boxes.ts';
export {
  type Components,
  type Connectivity,
  components,
  labelMask,
  largestComponent,
} from './components.ts';
export { checkGrid, createVolume, emptyVolume, requireSameGrid } from './create.ts';
export {
  DEFORMATION_BLOCK,
  type DeformationImages,
  type DeformationPlan,
  type DeformationResult,
  deform,
  type FeatureRecipe,
  type FeatureWindow,
  type HeldOutComparison,
  type RefinePlan,
  type SearchPlan,
} from './deformation/index.ts';
export { distanceTransform } from './distance.ts';
export { type ErrorDetails, PhotopeakError } from './errors.ts';
export { gaussian, gradientMagnitude, median, type PerAxis } from './filters.ts';
export {
  type ComplexImage,
  complexImage,
  type FourierPlan,
  fourierPlan,
  transformCentered,
} from './fourier/index.ts';
export {
  gridCenter,
  gridCorners,
  gridOf,
  identity,
  invert,
  multiply,
  sameGrid,
  toVoxel,
  toWorld,
  transformPoint,
  transformVector,
  translation,
  voxelCount,
  voxelToWorld,
  voxelVolumeMl,
  withSpacing,
  worldToVoxel,
} from './geometry.ts';
export { type Hdf5Dataset, type Hdf5File, isHdf5, readHdf5 } from './hdf5/index.ts';
export {
  type AffineHistogramOptions,
  type AffineHistogramSampler,
  affineHistogramSampler,
  type JointHistogram,
  type JointHistogramOptions,
  jointHistogram,
  jointHistogramUnderAffine,
  mutualInformation,
  normalizedMutualInformation,
  type ValueRange,
} from './histogram.ts';
export { fillHoles } from './holes.ts';
export { type DigitalLine, LineSearch, type PlaneNoise } from './line-peaks.ts';
export { type BallOptions, closing, dilate, erode, invertMask, opening } from './morphology.ts';
export { readNifti, writeNifti } from './nifti.ts';
export { type NonlocalOptions, nonlocalMeans } from './nonlocal.ts';
export { setThreads, threads } from './pool/pool.ts';
export { maximumIntensityProjection, type ProjectionOptions } from './projection.ts';
export { type DisplacementField, type Interpolation, type ResampleOptions, resample } from './resample.ts';
export { type SimilarityStage, type SimilarPictures, similarMeans } from './similar-means.ts';
export {
  type SphereMean,
  type Statistics,
  sampleAt,
  sampleAtVoxel,
  sphereMean,
  statistics,
} from './statistics.ts';
export {
  checkProjectionGeometry,
  checkProjections,
  type FilterResponse,
  filterResponse,
  type ProjectionGeometry,
  type Projections,
  type ProjectionView,
  type ResidentViews,
  type ResidentVolume,
  type RowFilter,
  rayThrough,
  Tomograph,
} from './tomography/index.ts';
export type { Grid, Mask, Mat3, Mat4, Vec3, Volume, VoxelArray } from './volume.ts';
export { allocateVoxels, quantize, type VoxelArrays, type VoxelType, voxelType } from './voxels.ts';
export { watershed } from './watershed.ts';
