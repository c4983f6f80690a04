import type { Volume } from '@photopeak/imaging';

export interface GlobalNoise {
  /** The standard deviation that most of the soft tissue has, HU. */
  readonly noiseHu: number;
  /** Windows of soft tissue that were looked at. */
  readonly windows: number;
}

/** Soft tissue, without fat and contrast medium. */
const TISSUE_HU = [0, 100] as const;
const WINDOW_MM = 6;
const BIN_HU = 0.2;
const LARGEST_HU = 200;
const SMOOTH_BINS = 5;
const FEWEST_WINDOWS = 1000;

/** Sums over rectangles of one slice by differences of running sums. */
function summed(width: number, height: number, value: (at: number) => number): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let j = 0; j < height; j++) {
    let row = 0;
    for (let i = 0; i < width; i++) {
      row += value(i + width * j);
      sums[i + 1 + (width + 1) * (j + 1)] = sums[i + 1 + (width + 1) * j]! + row;
    }
  }
  return sums;
}

/**
 * Global noise level of a CT (Christianson et al. 2015, AJR 205, W93): the standard deviation in a small window around
 * each voxel of soft tissue, and of all those the most frequent. Organs and edges raise some of them; the mode is the
 * noise. `ct` in HU, slices along the third axis. Undefined where hardly any soft tissue is seen.
 */
export function globalNoise({ data, size, spacingMm }: Volume): GlobalNoise | undefined {
  const [width, height, slices] = size;
  const radius = Math.max(1, Math.round(WINDOW_MM / spacingMm[0] / 2));
  const count = (2 * radius + 1) ** 2;
  const histogram = new Float64Array(Math.ceil(LARGEST_HU / BIN_HU));
  let windows = 0;
  for (let k = 0; k < slices; k++) {
    const base = k * width * height;
    const inTissue = (at: number) => {
      const hu = data[base + at]!;
      return hu >= TISSUE_HU[0] - LARGEST_HU / 2 && hu <= TISSUE_HU[1] + LARGEST_HU / 2 ? 1 : 0;
    };
    const sums = summed(width, height, (at) => data[base + at]!);
    const squares = summed(width, height, (at) => data[base + at]! ** 2);
    const tissue = summed(width, height, inTissue);
    const around = (table: Float64Array, i: number, j: number) => {
      const row = width + 1;
      const [left, right] = [i - radius, i + radius + 1];
      const [top, bottom] = [(j - radius) * row, (j + radius + 1) * row];
      return table[right + bottom]! - table[left + bottom]! - table[right + top]! + table[left + top]!;
    };
    for (let j = radius; j < height - radius; j++)
      for (let i = radius; i < width - radius; i++) {
        if (around(tissue, i, j) < count) continue;
        const mean = around(sums, i, j) / count;
        if (mean < TISSUE_HU[0] || mean > TISSUE_HU[1]) continue;
        const variance = Math.max(0, (around(squares, i, j) - count * mean * mean) / (count - 1));
        const bin = Math.floor(Math.sqrt(variance) / BIN_HU);
        if (bin >= histogram.length) continue;
        histogram[bin]!++;
        windows++;
      }
  }
  if (windows < FEWEST_WINDOWS) return undefined;
  let best = 0;
  let most = -1;
  for (let bin = 0; bin < histogram.length; bin++) {
    let sum = 0;
    for (let n = -SMOOTH_BINS; n <= SMOOTH_BINS; n++) sum += histogram[bin + n] ?? 0;
    if (sum > most) {
      most = sum;
      best = bin;
    }
  }
  return { noiseHu: (best + 0.5) * BIN_HU, windows };
}
