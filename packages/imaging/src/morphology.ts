import { emptyVolume } from './create.ts';
import { distanceTransform } from './distance.ts';
import type { Mask } from './volume.ts';

export interface BallOptions {
  /** Radius of the ball in mm; a voxel belongs to it when its centre is no further away. */
  readonly radiusMm: number;
}

/** A voxel on the surface of the ball counts as inside despite rounding. */
const ROUNDING = 1e-5;

/** The voxels no further than the radius from a voxel of the mask. */
export async function dilate(mask: Mask, { radiusMm }: BallOptions): Promise<Mask> {
  const distance = await distanceTransform(mask);
  const result = emptyVolume(mask, 'uint8', '1');
  const reach = radiusMm * (1 + ROUNDING);
  for (let index = 0; index < result.data.length; index++)
    if (distance.data[index]! <= reach) result.data[index] = 1;
  return result;
}

/** The voxels of the mask further than the radius from every voxel outside it; beyond the volume counts as inside. */
export async function erode(mask: Mask, options: BallOptions): Promise<Mask> {
  return invertMask(await dilate(invertMask(mask), options));
}

/** Erosion, then dilation: removes what the ball does not fit into. */
export async function opening(mask: Mask, options: BallOptions): Promise<Mask> {
  return dilate(await erode(mask, options), options);
}

/** Dilation, then erosion: closes what the ball does not fit into. */
export async function closing(mask: Mask, options: BallOptions): Promise<Mask> {
  return erode(await dilate(mask, options), options);
}

/** The voxels that are not in the mask. */
export function invertMask(mask: Mask): Mask {
  const result = emptyVolume(mask, 'uint8', '1');
  const { data } = mask;
  for (let index = 0; index < data.length; index++) result.data[index] = data[index] ? 0 : 1;
  return result;
}
