import { emptyVolume, gaussian, requireSameGrid, type Vec3, type Volume } from '@photopeak/imaging';

/** What is the same but for values that were meant to change. */
export interface Brought {
  /** The original with the values of the result: brought there by a straight line that changes slowly from place to place. */
  readonly volume: Volume<Float32Array>;
  /**
   * The least correlation of original and result in a block with contrast: 1 where what is brighter in the original is so in
   * the result; below 0 where contrast is turned round. Undefined where no block has contrast.
   */
  readonly order: number | undefined;
}

export interface BroughtOptions {
  /** Standard deviation of the noise of the original. */
  readonly noise: number;
  /** Only where the original is above. */
  readonly above: number;
  /** Planes are judged one by one where they are frames. */
  readonly planes: 'slices' | 'frames';
}

/** Gaussian width within which one line holds: wide beside lesions, narrow beside the shading of coils. */
const WIDTH_MM = 15;
const BLOCK_MM = 32;
const FEWEST_VOXELS = 200;
/** A block has contrast where its values spread by more than this many standard deviations of the noise. */
const CONTRAST_SIGMAS = 3;

/**
 * Takes out of a comparison what harmonisation does on purpose: shading and the scale of values. Both images on one
 * grid. Throws `IMAGING_GRID_MISMATCH`. Memory: six images as 4-byte numbers.
 */
export async function broughtTo(original: Volume, result: Volume, options: BroughtOptions): Promise<Brought> {
  requireSameGrid(original, result, 'the comparison of contrasts');
  const sigmaMm: Vec3 = [WIDTH_MM, WIDTH_MM, options.planes === 'slices' ? WIDTH_MM : 0];
  const count = original.data.length;
  const smoothed = async (value: (at: number) => number): Promise<Float32Array> => {
    const image = emptyVolume(original, 'float32', original.unit);
    for (let at = 0; at < count; at++) image.data[at] = value(at);
    return (await gaussian(image, { sigmaMm })).data;
  };
  const [x, y] = [original.data, result.data];
  const meanX = await smoothed((at) => x[at]!);
  const meanY = await smoothed((at) => y[at]!);
  const squares = await smoothed((at) => x[at]! * x[at]!);
  const products = await smoothed((at) => x[at]! * y[at]!);
  const volume = emptyVolume(original, 'float32', original.unit);
  const least = options.noise ** 2 * 1e-3;
  for (let at = 0; at < count; at++) {
    const variance = squares[at]! - meanX[at]! ** 2;
    const slope = (products[at]! - meanX[at]! * meanY[at]!) / Math.max(variance, least);
    volume.data[at] = meanY[at]! + slope * (x[at]! - meanX[at]!);
  }
  return { volume, order: leastCorrelation(original, result, options) };
}

function leastCorrelation(
  original: Volume,
  result: Volume,
  { noise, above }: BroughtOptions,
): number | undefined {
  const [nx, ny, nz] = original.size;
  const [ex, ey, ez] = original.spacingMm.map((mm) =>
    Math.max(1, Math.round(BLOCK_MM / mm)),
  ) as unknown as Vec3;
  let least: number | undefined;
  for (let k0 = 0; k0 < nz; k0 += ez)
    for (let j0 = 0; j0 < ny; j0 += ey)
      for (let i0 = 0; i0 < nx; i0 += ex) {
        let [n, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
        for (let k = k0; k < Math.min(nz, k0 + ez); k++)
          for (let j = j0; j < Math.min(ny, j0 + ey); j++)
            for (let i = i0; i < Math.min(nx, i0 + ex); i++) {
              const at = i + nx * (j + ny * k);
              const [a, b] = [original.data[at]!, result.data[at]!];
              if (!(a > above)) continue;
              n++;
              sx += a;
              sy += b;
              sxx += a * a;
              syy += b * b;
              sxy += a * b;
            }
        const varX = sxx / n - (sx / n) ** 2;
        if (n < FEWEST_VOXELS || !(varX > (CONTRAST_SIGMAS * noise) ** 2)) continue;
        const varY = Math.max(syy / n - (sy / n) ** 2, Number.MIN_VALUE);
        const correlation = (sxy / n - (sx * sy) / (n * n)) / Math.sqrt(varX * varY);
        if (least === undefined || correlation < least) least = correlation;
      }
  return least;
}
