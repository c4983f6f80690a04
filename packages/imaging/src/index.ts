export { type ErrorDetails, PhotopeakError } from './errors.ts';
export type { Grid, Mask, Mat3, Mat4, Vec3, Volume, VoxelArray } from './volume.ts';
