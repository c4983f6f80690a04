import type { Volume } from '@photopeak/imaging';
import { median } from '../numbers/index.ts';

/** Noise of magnitude images (MR). */
export interface MagnitudeNoise {
  /** Standard deviation of the real and of the imaginary channel, in the unit of the image. */
  readonly sigma: number;
  /** Effective number of receiver coils: 1 is Rician noise, more a non-central χ of 2L degrees of freedom. */
  readonly coils: number;
  /** Voxels of background that told it. */
  readonly voxels: number;
}

const BINS = 1024;
const FEWEST_VOXELS = 500;
/** Background is cut at this many σ (of the Rayleigh distribution only 0.3 % lie beyond 3.4). */
const CUT = 3.4;
const MOST_COILS = 64;

/**
 * Noise of a magnitude image from its air: E[m²] = 2Lσ² and Var[m²] = 4Lσ⁴ there (Aja-Fernández et al. 2009, Magn Reson
 * Imaging 27:1397), so that the first two moments of m² tell σ and the effective number of coils L; with `coils` given
 * L is taken as that. Voxels of 0 (masked air) do not count; air is found as what lies below 3.4σ√L about the lowest
 * mode of the histogram. Undefined where there is no such air.
 */
export function backgroundNoise({ data }: Volume, coils?: number): MagnitudeNoise | undefined {
  let top = 0;
  for (let at = 0; at < data.length; at++) if (data[at]! > top) top = data[at]!;
  if (!(top > 0)) return undefined;
  const mode = lowestMode(data, top);
  if (mode === undefined) return undefined;
  // Of χ with 2L degrees of freedom the mode is σ√(2L − 1).
  const width = widthBelow(data, mode);
  const first = coils ?? Math.min(MOST_COILS, Math.max(1, ((mode / width) ** 2 + 1) / 2));
  let estimate = { sigma: mode / Math.sqrt(2 * first - 1), coils: first };
  let voxels = 0;
  for (let round = 0; round < 12; round++) {
    const mean = estimate.sigma * Math.sqrt(2 * estimate.coils);
    const cut = mean + (CUT - Math.SQRT2) * estimate.sigma;
    let sum = 0;
    let fourth = 0;
    voxels = 0;
    for (let at = 0; at < data.length; at++) {
      const value = data[at]!;
      if (!(value > 0) || value > cut) continue;
      const square = value * value;
      sum += square;
      fourth += square * square;
      voxels++;
    }
    if (voxels < FEWEST_VOXELS) return undefined;
    const power = sum / voxels;
    const spread = Math.max(fourth / voxels - power * power, 1e-12 * power * power);
    const channels = coils ?? Math.min(MOST_COILS, Math.max(1, (power * power) / spread));
    estimate = { sigma: Math.sqrt(power / (2 * channels)), coils: channels };
  }
  // With one channel the darkest air alone can tell σ, which tissue of little signal does not reach.
  if (estimate.coils > 1.05) return { ...estimate, voxels };
  return { sigma: rayleighSigma(data, estimate.sigma), coils: 1, voxels };
}

/** Air is cut at this many σ to be clear of tissue. */
const DARK = 1.6;

/** σ of the Rayleigh distribution from its values below 1.6σ, whose mean square is 2gσ², from a first guess on. */
function rayleighSigma(data: Volume['data'], guess: number): number {
  const tail = Math.exp((-DARK * DARK) / 2);
  const g = 1 - ((DARK * DARK) / 2) * (tail / (1 - tail));
  let sigma = guess;
  for (let round = 0; round < 25; round++) {
    let sum = 0;
    let count = 0;
    for (let at = 0; at < data.length; at++) {
      const value = data[at]!;
      if (!(value > 0) || value > DARK * sigma) continue;
      sum += value * value;
      count++;
    }
    if (count === 0) return sigma;
    sigma = Math.sqrt(sum / count / (2 * g));
  }
  return sigma;
}

/** The first clear top of the histogram of what is above 0, or undefined when it is not in the lower part. */
function lowestMode(data: Volume['data'], top: number): number | undefined {
  // In the finer of two histograms: air fills few bins where tissue is bright.
  let high = top;
  for (let round = 0; round < 6; round++) {
    const counts = new Float64Array(BINS);
    for (let at = 0; at < data.length; at++) {
      const value = data[at]!;
      if (value > 0 && value < high) counts[Math.floor((value / high) * BINS)]!++;
    }
    const smooth = counts.map((_, bin) => {
      let sum = 0;
      for (let n = -6; n <= 6; n++) sum += counts[bin + n] ?? 0;
      return sum;
    });
    const best = smooth.reduce((most, value, bin) => (value > smooth[most]! ? bin : most), 0);
    if (round === 0 && best > BINS / 4) return undefined;
    if (best > BINS / 8) return ((best + 0.5) / BINS) * high;
    high = Math.max(((best + 7) / BINS) * high * 3, top * 1e-4);
  }
  return undefined;
}

/**
 * σ of the channels from the half of the histogram below its top, at half its height, where no tissue is: of Rayleigh
 * that is 0.68σ below, of many channels 0.83σ.
 */
function widthBelow(data: Volume['data'], mode: number): number {
  const bins = 256;
  const counts = new Float64Array(bins);
  for (let at = 0; at < data.length; at++) {
    const bin = Math.floor((data[at]! / mode) * bins);
    if (data[at]! > 0 && bin < bins) counts[bin]!++;
  }
  const meanAt = (centre: number) => {
    let [sum, count] = [0, 0];
    for (let bin = Math.max(0, centre - 6); bin <= Math.min(bins - 1, centre + 6); bin++) {
      sum += counts[bin]!;
      count++;
    }
    return sum / count;
  };
  const top = meanAt(bins - 7);
  let bin = bins - 7;
  while (bin > 0 && meanAt(bin) > top / 2) bin--;
  return (mode * (1 - bin / bins)) / 0.76;
}

/** √(π/2)·L½ of Koay and Basser: what is left of σ² in a Rician magnitude of signal-to-noise ratio θ. */
function koay(theta: number): number {
  const x = (theta * theta) / 4;
  const rest = (2 + theta * theta) * scaledI0(x) + theta * theta * scaledI1(x);
  return 2 + theta * theta - (Math.PI / 8) * rest * rest;
}

/** exp(−x)·I₀(x) and exp(−x)·I₁(x) (Abramowitz and Stegun 9.8.1 to 9.8.4). */
function scaledI0(x: number): number {
  if (x < 3.75) {
    const t = (x / 3.75) ** 2;
    const sum =
      1 +
      t * (3.5156229 + t * (3.0899424 + t * (1.2067492 + t * (0.2659732 + t * (0.0360768 + t * 0.0045813)))));
    return Math.exp(-x) * sum;
  }
  const t = 3.75 / x;
  const tail = [
    0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633,
    0.00392377,
  ];
  return tail.reduceRight((sum, c) => sum * t + c, 0) / Math.sqrt(x);
}

function scaledI1(x: number): number {
  if (x < 3.75) {
    const t = (x / 3.75) ** 2;
    const sum =
      0.5 +
      t *
        (0.87890594 +
          t * (0.51498869 + t * (0.15084934 + t * (0.02658733 + t * (0.00301532 + t * 0.00032411)))));
    return Math.exp(-x) * x * sum;
  }
  const t = 3.75 / x;
  const tail = [
    0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312, 0.01787654,
    -0.00420059,
  ];
  return tail.reduceRight((sum, c) => sum * t + c, 0) / Math.sqrt(x);
}

/**
 * σ of the channels from mean and standard deviation of a magnitude in a uniform region (Koay and Basser 2006, J Magn
 * Reson 179:317): the fixed point of θ² = ξ(θ)(1 + μ²/s²) − 2; in air, where the ratio is at its least, θ = 0.
 */
export function ricianSigma(mean: number, sd: number): number {
  const least = Math.sqrt(Math.PI / (4 - Math.PI));
  const ratio = mean / sd;
  let theta = Math.max(0, ratio - least);
  if (ratio <= least) return sd / Math.sqrt(2 - Math.PI / 2);
  for (let round = 0; round < 60; round++)
    theta = Math.sqrt(Math.max(0, koay(theta) * (1 + ratio * ratio) - 2));
  return sd / Math.sqrt(koay(theta));
}

/**
 * Noise of the tissue of a magnitude volume by the finest diagonal details of a Haar transform in three dimensions
 * (median of their absolute values over 0.6745; Coupé et al. 2010, Med Image Anal 14:483), set right for Rician noise
 * at the mean of the same tissue. Tissue is what lies above half of the mean of what is above 0. Undefined where there
 * is too little of it.
 */
export function tissueNoise(volume: Volume): number | undefined {
  const { data } = volume;
  let sum = 0;
  let count = 0;
  for (let at = 0; at < data.length; at++)
    if (data[at]! > 0) {
      sum += data[at]!;
      count++;
    }
  const found = haarDetails(volume, [sum / count / 2, Number.MAX_VALUE]);
  return found === undefined ? undefined : ricianSigma(found.mean, found.diagonal);
}

/**
 * How much of the noise lies in the finest diagonal details: 1 where it is white, less where an image was interpolated
 * or filtered, so that details tell too little of it. From neighbours of the air that told `noise`, whose correlation ρ
 * along an axis leaves (1 − ρ)/(1 + ρ) of the power of details across it. Undefined where there is too little air.
 */
export function airWhiteness(volume: Volume, { sigma, coils }: MagnitudeNoise): number | undefined {
  const cut = sigma * (Math.sqrt(2 * coils) + CUT - Math.SQRT2);
  const found = haarDetails(volume, [0, cut]);
  if (found === undefined) return undefined;
  const share = found.along.reduce((product, along) => {
    const q = (found.diagonal / along) ** 2;
    return product * Math.min(1, (2 * q) / (1 + q));
  }, 1);
  return Math.sqrt(share);
}

/**
 * Standard deviations, by medians, of the details of blocks of 2 × 2 × 2 whose values all lie above the first and at
 * most at the second: across all three axes, and across all but i, j or k. Undefined where there are too few.
 */
function haarDetails(
  { data, size: [nx, ny, nz] }: Volume,
  [least, most]: readonly [number, number],
): { readonly diagonal: number; readonly along: readonly number[]; readonly mean: number } | undefined {
  const bands: [number[], number[], number[], number[]] = [[], [], [], []];
  let total = 0;
  for (let k = 0; k + 1 < nz; k += 2)
    for (let j = 0; j + 1 < ny; j += 2)
      for (let i = 0; i + 1 < nx; i += 2) {
        let [all, noI, noJ, noK, sum, isIn] = [0, 0, 0, 0, 0, true];
        for (let corner = 0; corner < 8; corner++) {
          const [a, b, c] = [corner & 1, (corner >> 1) & 1, corner >> 2];
          const value = data[i + a + nx * (j + b + ny * (k + c))]!;
          if (!(value > least && value <= most)) isIn = false;
          all += (a + b + c) % 2 === 0 ? value : -value;
          noI += b === c ? value : -value;
          noJ += a === c ? value : -value;
          noK += a === b ? value : -value;
          sum += value;
        }
        if (!isIn) continue;
        for (const [n, detail] of [all, noI, noJ, noK].entries())
          bands[n as 0 | 1 | 2 | 3].push(Math.abs(detail) / Math.sqrt(8));
        total += sum / 8;
      }
  const [diagonal, ...along] = bands;
  if (diagonal.length < FEWEST_VOXELS) return undefined;
  const sd = (details: readonly number[]) => median(details) / 0.6745;
  return { diagonal: sd(diagonal), along: along.map(sd), mean: total / diagonal.length };
}
