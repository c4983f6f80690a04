import type { Vec3 } from '@photopeak/imaging';
import type { Band } from './bands.ts';
import { localScale } from './local-scale.ts';

/** The block where the change has most texture beside the noise of the original. */
export interface TextureSpot {
  /** Column, row and plane of the middle of the block. */
  readonly voxel: Vec3;
  readonly sizeMm: number;
  /** Standard deviation of the change over that of the noise of the original, in the band: 1 where all noise was taken out. */
  readonly ratio: number;
  /** The same over what it is in most of the image. */
  readonly excess: number;
}

const BLOCK_MM = 20;
const FEWEST_BLOCKS = 4;
/** A method that leaves most noise in has little change everywhere: what then stands out is small. */
const LEAST_USUAL = 0.25;

/**
 * Where the change has more texture than elsewhere, against the noise of the original: a denoiser takes out about the
 * same share of the noise everywhere; what it puts in comes on top. Undefined where too little of the image is judged.
 */
export function textureOf(band: Band, mask: Uint8Array, firstPlane: number): TextureSpot | undefined {
  const { change, original, factors } = band;
  const { size, spacingMm } = change;
  const steps = spacingMm.map((mm, axis) =>
    Math.min(size[axis]!, Math.max(4, Math.round(BLOCK_MM / mm))),
  ) as unknown as Vec3;
  const ours = localScale(change.data, size, mask, steps, 'middle');
  const theirs = localScale(original.data, size, mask, steps, 'lower');
  const ratios = [...ours.values.keys()]
    .filter((block) => ours.counts[block]! > 0 && theirs.values[block]! > 0)
    .map((block) => ({ block, ratio: ours.values[block]! / theirs.values[block]! }))
    .sort((a, b) => a.ratio - b.ratio);
  if (ratios.length < FEWEST_BLOCKS) return undefined;
  const usual = ratios[Math.floor(0.8 * (ratios.length - 1))]!.ratio;
  const { block, ratio } = ratios.at(-1)!;
  const [bx, by] = ours.size;
  const middle = (n: number, axis: 0 | 1 | 2) =>
    Math.floor(((n + 0.5) * size[axis]!) / ours.size[axis]!) * factors[axis]!;
  return {
    voxel: [
      middle(block % bx, 0),
      middle(Math.floor(block / bx) % by, 1),
      middle(Math.floor(block / (bx * by)), 2) + firstPlane,
    ],
    sizeMm: BLOCK_MM,
    ratio,
    excess: ratio / Math.max(LEAST_USUAL, usual),
  };
}
