import { type GreyPictures, pictureCount } from './pictures.ts';

/** How large and how strong speckle is in log-compressed pictures. */
export interface SpeckleGrain {
  /** Standard deviation of uniform tissue, grey levels. */
  readonly sdGrey: number;
  /** Width at half height of the autocorrelation of speckle, pixels: lateral (x), axial (y). */
  readonly sizePx: readonly [number, number];
}

/** What speckle looks like in log-compressed pictures. */
export interface SpeckleStatistics extends SpeckleGrain {
  /** Grey levels for a factor of e in the envelope, by the bright half of speckle. */
  readonly greyPerNeper: number;
  /** Windows of uniform tissue that were measured. */
  readonly windows: number;
  /** Of the upper and the lower half of the pictures alone, where there is enough uniform tissue. */
  readonly halves: readonly [SpeckleGrain | undefined, SpeckleGrain | undefined];
}

/**
 * Parts of speckle that are darker than two levels between which its compression is told. Peaks of speckle are broad: they
 * are what scan conversion, which interpolates between beams, leaves as they were; the narrow dark between them it fills.
 */
const TOLD_BETWEEN = [0.7, 0.95] as const;
/** Logarithm of the level below which a part of a Rayleigh distributed envelope lies, against its root mean square. */
const rayleighQuantile = (part: number) => Math.log(-Math.log(1 - part)) / 2;

interface Search {
  /** Side of the windows, pixels: many speckles, few structures. */
  readonly side: number;
  /** Darker tissue is clipped, or its grey curve is bent. */
  readonly darkest: number;
}

/** The first that finds enough is taken: large windows of bright tissue, small ones, dark tissue too. */
const SEARCHES: readonly Search[] = [
  { side: 24, darkest: 24 },
  { side: 14, darkest: 24 },
  { side: 14, darkest: 8 },
];
/** Windows of a picture, about; they overlap. */
const MOST_WINDOWS = 1800;
const LEAST_STEP_PX = 6;
const BIN_GREY = 0.5;
const LARGEST_SD = 80;
const BRIGHTEST = 240;
/** A picture that varies less shows no speckle. */
const LEAST_SD = 2;
const FEWEST_WINDOWS = 20;
const FEWEST_TO_CORRELATE = 8;
const MOST_TO_CORRELATE = 120;
const LARGEST_LAG_PX = 12;
/** Windows whose deviation is within this part of the most frequent one are uniform. */
const UNIFORM = 0.2;
/** A picture in steps: speckle is the same in all frames of a clip. */
const MOST_PICTURES = 8;
/** Of a histogram of grey levels against the mean of their window. */
const DIFFERENCES_PER_GREY = 4;

interface Window {
  readonly at: number;
  readonly sd: number;
}

/**
 * The deviation that most windows of tissue have (as for the global noise of a CT), and how far speckle is correlated in
 * those. Undefined where there is too little uniform tissue. Of clips, frames spread over the whole are looked at.
 */
export function speckleStatistics(pictures: GreyPictures): SpeckleStatistics | undefined {
  for (const search of SEARCHES) {
    const found = statisticsOf(pictures, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

function statisticsOf(pictures: GreyPictures, search: Search): SpeckleStatistics | undefined {
  const { width, height } = pictures;
  const windows: Window[] = [];
  const count = pictureCount(pictures);
  const looked = Math.min(count, MOST_PICTURES);
  for (let n = 0; n < looked; n++) {
    windows.push(...windowsOf(pictures, width * height * Math.floor((n * count) / looked), search));
  }
  const whole = grainOf(pictures, windows, search.side, MOST_TO_CORRELATE);
  if (whole === undefined) return undefined;
  const { uniform, ...grain } = whole;
  const isUpper = ({ at }: Window) => 2 * ((Math.floor(at / width) % height) + search.side / 2) < height;
  const halfOf = (half: readonly Window[]): SpeckleGrain | undefined => {
    const found = grainOf(pictures, half, search.side, MOST_TO_CORRELATE / 2);
    return found && { sdGrey: found.sdGrey, sizePx: found.sizePx };
  };
  return {
    ...grain,
    greyPerNeper: compressionOf(pictures, uniform, search.side) / keptDeviation(grain.sizePx, search.side),
    windows: uniform.length,
    halves: [halfOf(windows.filter(isUpper)), halfOf(windows.filter((one) => !isUpper(one)))],
  };
}

/** Speckle of the windows that have the most frequent deviation, and which those are. */
function grainOf(
  pictures: GreyPictures,
  windows: readonly Window[],
  side: number,
  most: number,
): (SpeckleGrain & { readonly uniform: readonly Window[] }) | undefined {
  const found = mostFrequent(windows.map(({ sd }) => sd));
  if (found === undefined) return undefined;
  const uniform = windows.filter(({ sd }) => Math.abs(sd - found) < UNIFORM * found);
  if (uniform.length < FEWEST_TO_CORRELATE) return undefined;
  const every = Math.ceil(uniform.length / most);
  const chosen = uniform.filter((_, n) => n % every === 0);
  const size = (step: number) => halfWidth(pictures, chosen, step, side);
  const sizePx = [size(1), size(pictures.width)] as const;
  return { sdGrey: found / keptDeviation(sizePx, side), sizePx, uniform };
}

/** Area under a Gaussian of two dimensions whose widths at half height are 1. */
const GAUSSIAN_AREA = Math.PI / (4 * Math.LN2);
/** Speckle larger than the windows tells nothing. */
const MOST_LOST = 0.25;

/** A window holds few speckles: a part of their variance moves its mean, and is missing from the deviation about it. */
function keptDeviation([x, y]: readonly [number, number], side: number): number {
  return Math.sqrt(1 - Math.min(MOST_LOST, (GAUSSIAN_AREA * x * y) / side ** 2));
}

/** Grey levels per neper: of all windows together, each against its own mean. */
function compressionOf({ width, grey }: GreyPictures, windows: readonly Window[], side: number): number {
  const counts = new Float64Array(2 * DIFFERENCES_PER_GREY * 256);
  const middle = counts.length / 2;
  for (const { at } of windows) {
    const mean = meanOf(grey, at, width, side);
    for (let j = 0; j < side; j++) {
      const row = at + width * j;
      for (let n = row; n < row + side; n++)
        counts[middle + Math.round(DIFFERENCES_PER_GREY * (grey[n]! - mean))]!++;
    }
  }
  const total = windows.length * side ** 2;
  const quantile = (part: number) => {
    let [below, n] = [0, 0];
    while (below + counts[n]! < part * total) below += counts[n++]!;
    return (n - middle - 0.5 + (part * total - below) / counts[n]!) / DIFFERENCES_PER_GREY;
  };
  const [low, high] = TOLD_BETWEEN;
  return (quantile(high) - quantile(low)) / (rayleighQuantile(high) - rayleighQuantile(low));
}

function windowsOf(
  { width, height, grey, mask }: GreyPictures,
  base: number,
  { side, darkest }: Search,
): Window[] {
  const step = Math.max(LEAST_STEP_PX, Math.round(Math.sqrt((width * height) / MOST_WINDOWS)));
  const found: Window[] = [];
  for (let y = 0; y + side <= height; y += step) {
    for (let x = 0; x + side <= width; x += step) {
      const at = base + x + width * y;
      let [sum, squares, isInside] = [0, 0, true];
      for (let j = 0; j < side && isInside; j++) {
        const row = at + width * j;
        for (let n = row; n < row + side; n++) {
          if (mask !== undefined && mask[n] === 0) isInside = false;
          const value = grey[n]!;
          sum += value;
          squares += value * value;
        }
      }
      if (!isInside) continue;
      const mean = sum / side ** 2;
      const sd = Math.sqrt(Math.max(0, squares / side ** 2 - mean * mean));
      if (sd < LEAST_SD || mean - 2 * sd < darkest || mean + sd > BRIGHTEST) continue;
      found.push({ at, sd });
    }
  }
  return found;
}

/** The mode of a histogram, smoothed so that few windows are enough. */
function mostFrequent(deviations: readonly number[]): number | undefined {
  if (deviations.length < FEWEST_WINDOWS) return undefined;
  const bins = new Float64Array(LARGEST_SD / BIN_GREY);
  for (const sd of deviations) bins[Math.min(bins.length - 1, Math.floor(sd / BIN_GREY))]!++;
  let best = 0;
  let most = -1;
  for (let bin = 0; bin < bins.length; bin++) {
    // Windows vary in proportion to their deviation: so does the width that is looked at.
    const reach = Math.max(1, Math.round(bin * 0.1));
    let sum = 0;
    for (let n = -reach; n <= reach; n++) sum += (bins[bin + n] ?? 0) * (reach + 1 - Math.abs(n));
    sum /= (reach + 1) ** 2;
    if (sum > most) [best, most] = [bin, sum];
  }
  return (best + 0.5) * BIN_GREY;
}

/** Width at half height of the mean autocorrelation along x (step 1) or y (step of a row). */
function halfWidth(
  { width, grey }: GreyPictures,
  windows: readonly Window[],
  step: number,
  side: number,
): number {
  const means = windows.map(({ at }) => meanOf(grey, at, width, side));
  const along = step === 1;
  let [power, before] = [0, 0];
  for (let lag = 0; lag <= LARGEST_LAG_PX; lag++) {
    const [nx, ny] = along ? [side - lag, side] : [side, side - lag];
    let product = 0;
    for (const [index, { at }] of windows.entries()) {
      product += covariance(grey, at, at + lag * step, width, nx, ny, means[index]!);
    }
    if (lag === 0) power = product;
    else if (product < power / 2) return 2 * (lag - 1 + (before - power / 2) / (before - product));
    before = product;
  }
  return 2 * LARGEST_LAG_PX;
}

/** Of nx × ny pixels from `a` on with those from `b` on, about one mean. */
function covariance(
  grey: Uint8Array,
  a: number,
  b: number,
  width: number,
  nx: number,
  ny: number,
  mean: number,
): number {
  let sum = 0;
  for (let j = 0; j < ny; j++) {
    const row = width * j;
    for (let i = row; i < row + nx; i++) sum += (grey[a + i]! - mean) * (grey[b + i]! - mean);
  }
  return sum / (nx * ny);
}

function meanOf(grey: Uint8Array, at: number, width: number, side: number): number {
  let sum = 0;
  for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) sum += grey[at + i + width * j]!;
  return sum / side ** 2;
}
