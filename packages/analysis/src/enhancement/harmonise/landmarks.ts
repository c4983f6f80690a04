import { emptyVolume, PhotopeakError, type Volume } from '@photopeak/imaging';
import { foregroundLevel } from './foreground.ts';

/** Percentiles of the foreground (Nyúl and Udupa, Magn. Reson. Med. 1999; Shah et al., Med. Image Anal. 2011). */
export const LANDMARK_PERCENTILES = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99] as const;

/** Values of the percentiles, ascending. */
export type IntensityLandmarks = readonly number[];

const BINS = 8192;

/** The landmarks of an image: percentiles of its foreground. Throws `HARMONISE_INPUT`. */
export function landmarksOf({ data }: Volume): IntensityLandmarks {
  const level = foregroundLevel(data);
  let most = 0;
  for (let n = 0; n < data.length; n++) most = Math.max(most, data[n]!);
  if (!(most > level)) throw invalid('a magnitude image with tissue', 'no value above zero');
  const counts = new Float64Array(BINS);
  const scale = BINS / (most - level);
  let count = 0;
  for (let n = 0; n < data.length; n++) {
    if (data[n]! <= level) continue;
    counts[Math.min(BINS - 1, Math.floor((data[n]! - level) * scale))]!++;
    count++;
  }
  const found: number[] = [];
  let [bin, sum] = [0, 0];
  for (const percentile of LANDMARK_PERCENTILES) {
    const wanted = (percentile / 100) * count;
    while (sum + counts[bin]! < wanted) sum += counts[bin++]!;
    found.push(level + (bin + (counts[bin]! > 0 ? (wanted - sum) / counts[bin]! : 0)) / scale);
  }
  return found;
}

/**
 * The landmarks of a protocol: the means of several images of it, each first brought to one range (its first and last
 * landmark to the means of these).
 */
export function meanLandmarks(images: readonly IntensityLandmarks[]): IntensityLandmarks {
  if (images.length === 0) throw invalid('landmarks of at least one image', 'none');
  for (const one of images) check(one);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [low, high] = [mean(images.map((one) => one[0]!)), mean(images.map((one) => one.at(-1)!))];
  return LANDMARK_PERCENTILES.map((_, n) =>
    mean(images.map((one) => low + ((one[n]! - one[0]!) / (one.at(-1)! - one[0]!)) * (high - low))),
  );
}

function check(landmarks: IntensityLandmarks): void {
  const isRising = landmarks.every(
    (value, n) => Number.isFinite(value) && (n === 0 || value > landmarks[n - 1]!),
  );
  if (landmarks.length === LANDMARK_PERCENTILES.length && isRising) return;
  throw invalid(
    `${LANDMARK_PERCENTILES.length} rising values, of the percentiles ${LANDMARK_PERCENTILES.join(', ')}`,
    landmarks.join(', '),
  );
}

function invalid(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the landmarks cannot be used', {
    code: 'HARMONISE_INPUT',
    expected,
    found,
    remedy: 'take the landmarks that an image of the wanted protocol gave (facts of the method)',
  });
}

/**
 * The image with its landmarks moved to `target`: linear between landmarks, the outer slopes going on beyond (below the
 * first towards 0, which stays 0). The map rises everywhere, so that what was brighter stays brighter. Throws
 * `HARMONISE_INPUT`.
 */
export function matchLandmarks(volume: Volume, target: IntensityLandmarks): Volume<Float32Array> {
  check(target);
  const own = landmarksOf(volume);
  const from = [0, ...own];
  const to = [0, ...target];
  if (!(target[0]! > 0)) throw invalid('landmarks above 0', String(target[0]));
  const result = emptyVolume(volume, 'float32', volume.unit);
  const last = from.length - 1;
  for (let n = 0; n < result.data.length; n++) {
    const value = volume.data[n]!;
    let at = 1;
    while (at < last && value > from[at]!) at++;
    const slope = (to[at]! - to[at - 1]!) / Math.max(1e-12, from[at]! - from[at - 1]!);
    result.data[n] = to[at - 1]! + (value - from[at - 1]!) * slope;
  }
  return result;
}

/** Jensen-Shannon divergence, bits, of the foregrounds of two images, on `bins` bins between the least and the most of both. */
export function histogramDivergence(a: Volume, b: Volume, bins = 128): number {
  const most = Math.max(landmarksOf(a).at(-1)!, landmarksOf(b).at(-1)!);
  const parts = [a, b].map(({ data }) => {
    const level = foregroundLevel(data);
    const counts = new Float64Array(bins);
    let count = 0;
    for (let n = 0; n < data.length; n++) {
      if (data[n]! <= level) continue;
      counts[Math.min(bins - 1, Math.floor((data[n]! / most) * bins))]!++;
      count++;
    }
    return counts.map((value) => value / Math.max(1, count));
  });
  const [p, q] = parts as [Float64Array, Float64Array];
  let sum = 0;
  for (let n = 0; n < bins; n++) {
    const middle = (p[n]! + q[n]!) / 2;
    if (p[n]! > 0) sum += (p[n]! / 2) * Math.log2(p[n]! / middle);
    if (q[n]! > 0) sum += (q[n]! / 2) * Math.log2(q[n]! / middle);
  }
  return sum;
}
