import { type Grid, resample, type Vec3, type Volume } from '@photopeak/imaging';
import type { Candidate } from './wall-contrast.ts';

/** Voxels of the working volume around the heart, mm. */
const VOXEL_MM = 2.5;
/** What is seen around the wall, mm. */
const MARGIN_MM = 30;

/** The volume around a wall on fine voxels along the patient's axes, by cubic splines. */
export function heartCube(
  volume: Volume,
  { centre, radiusMm, lengthMm }: Candidate,
): Promise<Volume<Float32Array>> {
  const half = Math.max(radiusMm, lengthMm) + MARGIN_MM;
  const count = Math.ceil((2 * half) / VOXEL_MM) + 1;
  const grid: Grid = {
    size: [count, count, count],
    spacingMm: [VOXEL_MM, VOXEL_MM, VOXEL_MM],
    origin: centre.map((value) => value - half) as unknown as Vec3,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
  return resample(volume, { grid, interpolation: 'cubic', outside: 0, type: 'float32' });
}
