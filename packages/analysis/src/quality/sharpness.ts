import { gaussian, requireSameGrid, type Volume } from '@photopeak/imaging';

/** Edges are the places whose gradient is among this part of the steepest. */
const EDGES = 0.03;
const SMOOTHING_PIXELS = 1.2;

/**
 * How steep the edges of an image are beside those of the original, in the planes of the slices: 1 as steep, below 1
 * blurred, above 1 sharpened. Both gradients are taken across the edges of the smoothed original and weighted by it, so
 * that noise, which has no part in that direction, does not count as sharpness. NaN where the original is flat.
 */
export async function relativeSharpness(original: Volume, image: Volume): Promise<number> {
  requireSameGrid(original, image, 'the sharpness against the original');
  const [dx, dy] = original.spacingMm;
  const smooth = await gaussian(original, { sigmaMm: [SMOOTHING_PIXELS * dx, SMOOTHING_PIXELS * dy, 0] });
  const slope = (data: Volume['data'], at: number, step: number) => data[at + step]! - data[at - step]!;
  const [nx, ny, nz] = original.size;
  const steepness = new Float32Array(smooth.data.length);
  const each = (use: (at: number) => void) => {
    for (let k = 0; k < nz; k++)
      for (let j = 1; j < ny - 1; j++) for (let i = 1; i < nx - 1; i++) use(i + nx * (j + ny * k));
  };
  each((at) => {
    steepness[at] = Math.hypot(slope(smooth.data, at, 1) / dx, slope(smooth.data, at, nx) / dy);
  });
  const least = steepest(steepness, EDGES * steepness.length);
  let ours = 0;
  let theirs = 0;
  each((at) => {
    if (steepness[at]! < least || steepness[at] === 0) return;
    const x = slope(smooth.data, at, 1) / (dx * dx);
    const y = slope(smooth.data, at, nx) / (dy * dy);
    ours += x * slope(image.data, at, 1) + y * slope(image.data, at, nx);
    theirs += x * slope(original.data, at, 1) + y * slope(original.data, at, nx);
  });
  return ours / theirs;
}

/** The value above which `wanted` of all lie, by a histogram; none is below 0. */
export function steepest(values: Float32Array, wanted: number): number {
  let top = 0;
  for (let at = 0; at < values.length; at++) if (values[at]! > top) top = values[at]!;
  const bins = 4096;
  const counts = new Float64Array(bins + 1);
  for (let at = 0; at < values.length; at++) counts[Math.floor((values[at]! / top) * bins)]!++;
  let bin = bins;
  for (let left = wanted; bin > 0 && left > 0; bin--) left -= counts[bin]!;
  return (bin / bins) * top;
}
