import type { Vec3 } from '@photopeak/imaging';
import type { Band } from './bands.ts';
import { localScale, type ScaleMap, ScaleRows } from './local-scale.ts';
import { type Explained, Highest, kindOf, type Spot } from './spots.ts';

/** Blocks within which noise is taken as one, mm. */
const BLOCK_MM = 32;
/** A blob of Gaussian width 1.5σ answers strongest to the difference of Gaussians of σ and 1.6σ, by this part of its height. */
const BLOB_RESPONSE = { space: 0.256, plane: 0.224 } as const;
const BLOB_FWHM = 3.5;
const MOST_PLACES = 400;
const LEAST_SCORE = 3;

export interface BandNoise {
  readonly change: ScaleMap;
  readonly original: ScaleMap;
}

export function bandNoise({ original, change }: Band, mask: Uint8Array): BandNoise {
  const { size, spacingMm } = change;
  const steps = spacingMm.map((mm, axis) =>
    Math.min(size[axis]!, Math.max(1, Math.round(BLOCK_MM / mm))),
  ) as unknown as Vec3;
  return {
    change: localScale(change.data, size, mask, steps, 'middle'),
    original: localScale(original.data, size, mask, steps, 'lower'),
  };
}

/**
 * Blobs that stand out of a band of the change: each voxel of it over √(noise² + (share·anatomy)²), where the anatomy
 * is that of the original in the same band, less its noise. Only planes [from, to). Voxels in the grid of the image.
 */
export function findBlobs(
  band: Band,
  noise: BandNoise,
  mask: Uint8Array,
  explained: Explained,
  [from, to]: readonly [number, number],
  across: boolean,
): Spot[] {
  const { change, original, anatomy, factors } = band;
  const [nx, ny] = change.size;
  const highest = new Highest(MOST_PLACES, LEAST_SCORE);
  const [changeRows, originalRows] = [
    new ScaleRows(noise.change, change.size),
    new ScaleRows(noise.original, change.size),
  ];
  for (let k = from; k < to; k++)
    for (let j = 1; j < ny - 1; j++) {
      const ours = changeRows.at(j, k);
      const theirs = originalRows.at(j, k);
      const row = nx * (j + ny * k);
      for (let i = 1; i < nx - 1; i++) {
        const at = row + i;
        if (mask[at] === 0) continue;
        const value = Math.abs(change.data[at]!);
        const noiseHere = Math.max(ours[i]!, explained.leastNoiseShare * theirs[i]!);
        if (!(value > highest.least * noiseHere)) continue;
        const structure = Math.max(0, anatomy.data[at]! ** 2 - theirs[i]! ** 2);
        const share = explained.anatomyShare[kindOf(original.data[at]!, change.data[at]!)];
        highest.add(at, value / Math.sqrt(noiseHere * noiseHere + share * share * structure));
      }
    }
  const response = across ? BLOB_RESPONSE.space : BLOB_RESPONSE.plane;
  return highest.sorted().map(({ at, score }): Spot => {
    const [added, was] = [change.data[at]!, original.data[at]!];
    return {
      kind: kindOf(was, added),
      form: 'blob',
      voxel: [
        Math.round(((at % nx) + 0.5) * factors[0] - 0.5),
        Math.round(((Math.floor(at / nx) % ny) + 0.5) * factors[1] - 0.5),
        Math.floor(at / (nx * ny)),
      ],
      sizeMm: BLOB_FWHM * band.sigmaMm,
      contrast: Math.abs(added) / response,
      score,
    };
  });
}
