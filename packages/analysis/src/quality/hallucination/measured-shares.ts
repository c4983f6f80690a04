import type { Band } from './bands.ts';
import type { BandNoise } from './blobs.ts';
import { ScaleRows } from './local-scale.ts';
import { type Explained, kindOf } from './spots.ts';

/** Anatomy is strong where it stands out of the noise of the original by this many standard deviations. */
const STRONG = 3;
const FEWEST_STRONG = 1000;
const LOOKED_AT = 200_000;
/** The part of all strong places that honest blurring stays within, and how many standard deviations that is. */
const WITHIN = { part: 0.995, sigmas: 2.8 } as const;
const SHARE_BINS = 400;
const LEAST_SHARE = 0.012;

/**
 * The share of anatomy that this method takes in this band, by what it did where anatomy is strong: faults are few among
 * such places, so what nearly all of them show is how the method blurs. Never more than is allowed of any method.
 */
export function measuredShares(
  { change, original, anatomy }: Band,
  noise: BandNoise,
  mask: Uint8Array,
  explained: Explained,
): Explained {
  const { anatomyShare } = explained;
  const [nx, ny, nz] = change.size;
  const counts = { new: new Float64Array(SHARE_BINS), lost: new Float64Array(SHARE_BINS) };
  const totals = { new: 0, lost: 0 };
  const [changeRows, originalRows] = [
    new ScaleRows(noise.change, change.size),
    new ScaleRows(noise.original, change.size),
  ];
  const every = Math.max(1, Math.floor((nx * ny * nz) / LOOKED_AT));
  for (let row = 0, from = 0; row < ny * nz; row++, from = (from + 7) % every) {
    const [j, k] = [row % ny, Math.floor(row / ny)];
    const ours = changeRows.at(j, k);
    const theirs = originalRows.at(j, k);
    for (let i = from; i < nx; i += every) {
      const at = i + nx * row;
      const structure = anatomy.data[at]! ** 2 - theirs[i]! ** 2;
      if (mask[at] === 0 || !(structure > (STRONG * theirs[i]!) ** 2)) continue;
      const kind = kindOf(original.data[at]!, change.data[at]!);
      const share = Math.sqrt(Math.max(0, change.data[at]! ** 2 - ours[i]! ** 2) / structure);
      counts[kind][Math.min(SHARE_BINS - 1, Math.floor(share * SHARE_BINS))]!++;
      totals[kind]++;
    }
  }
  const told = (kind: 'new' | 'lost') => {
    if (totals.new + totals.lost < FEWEST_STRONG) return anatomyShare[kind];
    let bin = SHARE_BINS - 1;
    for (let left = (1 - WITHIN.part) * totals[kind] - counts[kind][bin]!; bin > 0 && left > 0; )
      left -= counts[kind][--bin]!;
    return Math.min(anatomyShare[kind], Math.max(LEAST_SHARE, (bin + 1) / SHARE_BINS / WITHIN.sigmas));
  };
  return { ...explained, anatomyShare: { new: told('new'), lost: told('lost') } };
}
