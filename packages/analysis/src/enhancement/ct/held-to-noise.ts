import { gaussian, type Volume } from '@photopeak/imaging';
import { slabOf } from '../slab.ts';
import { noiseOnGrid } from './ct-noise.ts';

/** A change of a voxel is that of noise up to so many of its standard deviations, and structure from twice as many. */
const VOXEL_SIGMAS = 3;
/** The same of the change smoothed by so much in the plane, where structure stands out of noise by more. */
const STRUCTURE_SIGMAS = 2;
const STRUCTURE_MM = 1.1;
/** Slices at a time, to save memory. */
const SLICES = 8;

/** What shows structure in an image of noise: smoothing within each slice. */
export const structureOf = (image: Volume): Promise<Volume<Float32Array>> =>
  gaussian(image, { sigmaMm: [STRUCTURE_MM, STRUCTURE_MM, 0] });

/** Noise of one series by place. */
export interface HeldTo {
  readonly ct: Volume;
  /** HU, on a coarse grid that begins at the corner of `ct`. */
  readonly map: Volume<Float32Array>;
  /** What `structureOf` keeps of the noise, as a part. */
  readonly kept: number;
}

/**
 * Takes back of `denoised`, the slices of `ct` from `first`, what noise does not explain: first of the change smoothed
 * in the plane, then voxel by voxel. Changes within the limits stay, beyond twice the limits nothing of them does, and in
 * between they pass from one to the other, so that no voxel ends further than 3 σ from its source. In place; HU.
 */
export async function holdToNoise(
  denoised: Volume<Float32Array>,
  first: number,
  { ct, map, kept }: HeldTo,
): Promise<void> {
  const plane = ct.size[0] * ct.size[1];
  const changes = new Float32Array(plane * Math.min(SLICES, denoised.size[2]));
  for (let from = 0; from < denoised.size[2]; from += SLICES) {
    const to = Math.min(denoised.size[2], from + SLICES);
    const { data: source } = slabOf(ct, first + from, first + to);
    const { data: target, ...part } = slabOf(denoised, from, to);
    const change = changes.subarray(0, source.length);
    for (let at = 0; at < source.length; at++) change[at] = target[at]! - source[at]!;
    const { data: smooth } = await structureOf({ ...part, data: change });
    const { data: sigma } = noiseOnGrid(map, ct, first + from, first + to);
    for (let at = 0; at < source.length; at++) {
      const structure = STRUCTURE_SIGMAS * kept * sigma[at]!;
      const explained = change[at]! - smooth[at]! + within(smooth[at]!, structure);
      target[at] = source[at]! + within(explained, VOXEL_SIGMAS * sigma[at]!);
    }
  }
}

/** A change up to `limit` as it is; beyond it as much less as it is above, down to nothing at twice the limit. */
function within(change: number, limit: number): number {
  const size = Math.abs(change);
  if (size <= limit) return change;
  return Math.sign(change) * Math.max(0, 2 * limit - size);
}
