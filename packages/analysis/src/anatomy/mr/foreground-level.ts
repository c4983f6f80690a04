import type { Volume } from '@photopeak/imaging';

const BINS = 256;
/** The brightest voxels lie next to a coil. */
const CAP = 0.98;

/** The usual signal of tissue: the mean above Otsu's threshold on the root of the signal. */
export function foregroundLevel({ data }: Volume): number {
  const stride = Math.max(1, Math.floor(data.length / 200_000));
  const sample: number[] = [];
  for (let n = 0; n < data.length; n += stride) sample.push(Math.sqrt(Math.max(0, data[n]!)));
  const sorted = Float64Array.from(sample).sort();
  const cap = sorted[Math.floor(CAP * (sorted.length - 1))] || sorted.at(-1) || 1;
  const histogram = new Float64Array(BINS);
  for (const value of sample) histogram[Math.min(BINS - 1, Math.floor((value / cap) * (BINS - 1)))]!++;
  const total = sample.length;
  const moment = histogram.reduce((sum, count, n) => sum + n * count, 0);
  let below = 0;
  let belowMoment = 0;
  let best = -1;
  let threshold = 0;
  for (let n = 0; n < BINS - 1; n++) {
    below += histogram[n]!;
    belowMoment += n * histogram[n]!;
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const spread = below * above * (belowMoment / below - (moment - belowMoment) / above) ** 2;
    if (spread > best) {
      best = spread;
      threshold = n;
    }
  }
  const limit = ((threshold + 1) / (BINS - 1)) * cap;
  const bright = sorted.subarray(sorted.findIndex((value) => value > limit));
  return bright.length === 0 ? 0 : (bright[bright.length >> 1]! || 0) ** 2;
}
