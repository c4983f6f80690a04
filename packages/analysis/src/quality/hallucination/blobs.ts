import type { Band } from './bands.ts';
import { ScaleRows } from './local-scale.ts';
import { type BandNoise, LEAST_GROWTH } from './noise-and-blur.ts';
import { Highest, kindOf, type Spot } from './spots.ts';

/** A blob of Gaussian width 1.5σ answers strongest to the difference of Gaussians of σ and 1.6σ, by this part of its height. */
const BLOB_RESPONSE = { space: 0.256, plane: 0.224 } as const;
const BLOB_FWHM = 3.5;
const MOST_PLACES = 400;
const LEAST_SCORE = 3;

/**
 * Blobs that stand out of a band of the change: places where it is over noise and blur higher than at all places next to
 * them. Only planes [from, to). Voxels in the grid of the image.
 */
export function findBlobs(
  { change, original, anatomy, factors, sigmaMm }: Band,
  noise: BandNoise,
  mask: Uint8Array,
  [from, to]: readonly [number, number],
  across: boolean,
): Spot[] {
  const [nx, ny, nz] = change.size;
  const highest = new Highest(MOST_PLACES, LEAST_SCORE);
  const rows = new ScaleRows(noise.map, change.size);
  for (let k = from; k < to; k++)
    for (let j = 1; j < ny - 1; j++) {
      const noiseRow = rows.at(j, k);
      const row = nx * (j + ny * k);
      for (let i = 1; i < nx - 1; i++) {
        const at = row + i;
        if (mask[at] === 0) continue;
        const value = Math.abs(change.data[at]!);
        const here = noiseRow[i]!;
        if (!(value > LEAST_GROWTH * highest.least * here)) continue;
        if (!isPeak(change.data, at, [nx, nx * ny], across && k > 0, across && k < nz - 1)) continue;
        const kind = kindOf(original.data[at]!, change.data[at]!);
        highest.add(at, value / (here * noise.growth(kind, anatomy.data[at]! / here)));
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
      sizeMm: BLOB_FWHM * sigmaMm,
      contrast: Math.abs(added) / response,
      score,
    };
  });
}

/** Whether no neighbour in the plane, or in the planes beside it, has a greater change to the same side. */
function isPeak(
  values: Float32Array,
  at: number,
  [row, plane]: readonly [number, number],
  hasBelow: boolean,
  hasAbove: boolean,
): boolean {
  const value = values[at]!;
  const sign = Math.sign(value);
  for (let c = hasBelow ? -1 : 0; c <= (hasAbove ? 1 : 0); c++)
    for (let b = -1; b <= 1; b++)
      for (let a = -1; a <= 1; a++)
        if (sign * values[at + a + row * b + plane * c]! > sign * value) return false;
  return true;
}
