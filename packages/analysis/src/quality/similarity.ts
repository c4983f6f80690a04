import { requireSameGrid, type Volume } from '@photopeak/imaging';

/** Mean squared difference of two volumes on one grid, in the square of their unit. Throws `IMAGING_GRID_MISMATCH`. */
export function meanSquaredError(reference: Volume, image: Volume): number {
  requireSameGrid(reference, image, 'the similarity of two images');
  let sum = 0;
  for (let at = 0; at < reference.data.length; at++) sum += (reference.data[at]! - image.data[at]!) ** 2;
  return sum / reference.data.length;
}

/** Peak signal-to-noise ratio in dB: 10·log₁₀(range²/MSE), with the range of values stated by who asks. */
export function psnr(reference: Volume, image: Volume, range: number): number {
  return 10 * Math.log10((range * range) / meanSquaredError(reference, image));
}

const WINDOW = 7;
const K1 = 0.01;
const K2 = 0.03;

/**
 * Structural similarity (Wang et al. 2004) as scikit-image computes it by default: windows of 7×7 pixels of one weight,
 * sample covariances, no window that reaches beyond the edge; slice by slice, then the mean over all. `range` as for
 * `psnr`. Slices must have at least 7 pixels each way (NaN otherwise).
 */
export function ssim(reference: Volume, image: Volume, range: number): number {
  requireSameGrid(reference, image, 'the similarity of two images');
  const [nx, ny, nz] = reference.size;
  const c1 = (K1 * range) ** 2;
  const c2 = (K2 * range) ** 2;
  const count = WINDOW * WINDOW;
  let sum = 0;
  for (let k = 0; k < nz; k++) {
    const x = reference.data.subarray(k * nx * ny, (k + 1) * nx * ny);
    const y = image.data.subarray(k * nx * ny, (k + 1) * nx * ny);
    const means = [
      boxMeans(nx, ny, (at) => x[at]!),
      boxMeans(nx, ny, (at) => y[at]!),
      boxMeans(nx, ny, (at) => x[at]! * x[at]!),
      boxMeans(nx, ny, (at) => y[at]! * y[at]!),
      boxMeans(nx, ny, (at) => x[at]! * y[at]!),
    ] as const;
    for (let at = 0; at < means[0].length; at++) {
      const [mx, my, xx, yy, xy] = means.map((values) => values[at]!) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const sample = count / (count - 1);
      const varianceX = sample * (xx - mx * mx);
      const varianceY = sample * (yy - my * my);
      const covariance = sample * (xy - mx * my);
      sum +=
        ((2 * mx * my + c1) * (2 * covariance + c2)) /
        ((mx * mx + my * my + c1) * (varianceX + varianceY + c2));
    }
  }
  return sum / (nz * (nx - WINDOW + 1) * (ny - WINDOW + 1));
}

/** Means of all windows that lie inside of a slice. */
function boxMeans(nx: number, ny: number, value: (at: number) => number): Float64Array {
  const wide = nx - WINDOW + 1;
  const high = ny - WINDOW + 1;
  if (wide < 1 || high < 1) return new Float64Array(0);
  const rows = new Float64Array(wide * ny);
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < wide; i++) {
      let sum = 0;
      for (let n = 0; n < WINDOW; n++) sum += value(i + n + nx * j);
      rows[i + wide * j] = sum;
    }
  const means = new Float64Array(wide * high);
  for (let j = 0; j < high; j++)
    for (let i = 0; i < wide; i++) {
      let sum = 0;
      for (let n = 0; n < WINDOW; n++) sum += rows[i + wide * (j + n)]!;
      means[i + wide * j] = sum / (WINDOW * WINDOW);
    }
  return means;
}
