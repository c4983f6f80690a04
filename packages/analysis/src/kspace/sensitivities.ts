import { type ComplexImage, complexImage, PhotopeakError, transformCentered } from '@photopeak/imaging';
import { type CoilSamples, calibrationBlock, samplingMask } from './samples.ts';

/** What each coil sees of each place: Σ|s|² = 1 over the coils. */
export interface Sensitivities {
  readonly maps: readonly ComplexImage[];
  /** Half widths of the block of k-space that they were found from. */
  readonly block: { readonly halfWidth: number; readonly halfHeight: number };
}

/** Half widths below which the block is too small to tell coils apart, and beyond which it only adds noise. */
const LEAST_BLOCK = 4;
const LARGEST_BLOCK = 16;
/** Places around a pixel whose coils are compared: ± this. */
const NEIGHBOURHOOD = 3;
const POWER_STEPS = 12;

/**
 * Coil sensitivities from the middle of k-space: images of low resolution, and at each place the vector of coils that its
 * surroundings share, the first eigenvector of their covariance (D. Walsh, Magn Reson Med 43, 2000). The phase is that of
 * the strongest coil's low-resolution image taken out. Throws `KSPACE_NO_CALIBRATION`.
 */
export function coilSensitivities(samples: CoilSamples): Sensitivities {
  const { width, height, coils } = samples;
  const found = calibrationBlock(samplingMask(samples), width, height);
  if (Math.min(found.halfWidth, found.halfHeight) < Math.min(LEAST_BLOCK, Math.floor(height / 2))) {
    throw new PhotopeakError('the middle of k-space is not sampled', {
      code: 'KSPACE_NO_CALIBRATION',
      expected: `a block of at least ${2 * LEAST_BLOCK} × ${2 * LEAST_BLOCK} samples around frequency 0`,
      found: `${2 * found.halfWidth} × ${2 * found.halfHeight}`,
      remedy:
        'check that frequency 0 lies in the middle of the array and that calibration lines are in the file',
    });
  }
  const block = {
    halfWidth: Math.min(LARGEST_BLOCK, found.halfWidth),
    halfHeight: Math.min(LARGEST_BLOCK, found.halfHeight),
  };
  const low = Array.from({ length: coils }, (_, coil) => lowResolution(samples, coil, block));
  if (coils === 1) return { maps: [ones(width, height)], block };
  return { maps: firstVectors(low), block };
}

function ones(width: number, height: number): ComplexImage {
  const image = complexImage(width, height);
  image.re.fill(1);
  return image;
}

/** The block under a Hann window, transformed. */
function lowResolution(
  { width, height, data }: CoilSamples,
  coil: number,
  { halfWidth, halfHeight }: Sensitivities['block'],
): ComplexImage {
  const image = complexImage(width, height);
  const [cx, cy] = [Math.floor(width / 2), Math.floor(height / 2)];
  const hann = (offset: number, half: number) => 0.5 + 0.5 * Math.cos((Math.PI * offset) / (half + 0.5));
  for (let y = -halfHeight; y < halfHeight; y++) {
    for (let x = -halfWidth; x < halfWidth; x++) {
      const n = cx + x + width * (cy + y);
      const at = 2 * (n + width * height * coil);
      const weight = hann(x, halfWidth) * hann(y, halfHeight);
      image.re[n] = weight * data[at]!;
      image.im[n] = weight * data[at + 1]!;
    }
  }
  transformCentered(image, true);
  return image;
}

function firstVectors(low: readonly ComplexImage[]): ComplexImage[] {
  const { width, height } = low[0]!;
  const coils = low.length;
  const maps = low.map(() => complexImage(width, height));
  const strongest = low
    .map(({ re, im }, coil) => ({
      coil,
      energy: re.reduce((sum, value, n) => sum + value * value + im[n]! ** 2, 0),
    }))
    .sort((a, b) => b.energy - a.energy)[0]!.coil;
  const covarianceRe = new Float64Array(coils * coils);
  const covarianceIm = new Float64Array(coils * coils);
  const [vr, vi, wr, wi] = Array.from({ length: 4 }, () => new Float64Array(coils)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      covarianceRe.fill(0);
      covarianceIm.fill(0);
      for (let b = Math.max(0, y - NEIGHBOURHOOD); b <= Math.min(height - 1, y + NEIGHBOURHOOD); b++) {
        for (let a = Math.max(0, x - NEIGHBOURHOOD); a <= Math.min(width - 1, x + NEIGHBOURHOOD); a++) {
          const n = a + width * b;
          for (let i = 0; i < coils; i++) {
            const [ar, ai] = [low[i]!.re[n]!, low[i]!.im[n]!];
            for (let j = 0; j <= i; j++) {
              const [br, bi] = [low[j]!.re[n]!, low[j]!.im[n]!];
              covarianceRe[i * coils + j]! += ar * br + ai * bi;
              covarianceIm[i * coils + j]! += ai * br - ar * bi;
            }
          }
        }
      }
      const at = x + width * y;
      for (let i = 0; i < coils; i++) [vr[i], vi[i]] = [low[i]!.re[at]!, low[i]!.im[at]!];
      for (let step = 0; step < POWER_STEPS; step++) {
        let norm = 0;
        for (let i = 0; i < coils; i++) {
          let [sumRe, sumIm] = [0, 0];
          for (let j = 0; j < coils; j++) {
            const lower = j <= i;
            const m = lower ? i * coils + j : j * coils + i;
            const [cr, ci] = [covarianceRe[m]!, lower ? covarianceIm[m]! : -covarianceIm[m]!];
            sumRe += cr * vr[j]! - ci * vi[j]!;
            sumIm += cr * vi[j]! + ci * vr[j]!;
          }
          [wr[i], wi[i]] = [sumRe, sumIm];
          norm += sumRe * sumRe + sumIm * sumIm;
        }
        const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0;
        for (let i = 0; i < coils; i++) [vr[i], vi[i]] = [wr[i]! * scale, wi[i]! * scale];
      }
      // The common phase of an eigenvector is free: the strongest coil is made real.
      const length = Math.hypot(vr[strongest]!, vi[strongest]!);
      const [cosine, sine] = length > 0 ? [vr[strongest]! / length, -vi[strongest]! / length] : [1, 0];
      for (let i = 0; i < coils; i++) {
        maps[i]!.re[at] = vr[i]! * cosine - vi[i]! * sine;
        maps[i]!.im[at] = vr[i]! * sine + vi[i]! * cosine;
      }
    }
  }
  return maps;
}
