import { PhotopeakError } from '@photopeak/imaging';
import { detrend, type Patch } from './patch.ts';

/** Noise power spectrum in the plane, zero frequency first, u fastest. */
export interface NoisePower {
  /** In the square of the unit of the image times mm². */
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
  readonly pixelMm: readonly [number, number];
  /** ∬NPS du dv: the variance of the noise, in the square of the unit of the image. */
  readonly variance: number;
}

/** The spectrum against spatial frequency alone. */
export interface RadialNoisePower {
  /** Of the bins, per mm. */
  readonly frequencies: Float64Array;
  /** Mean over all directions, unit² mm². */
  readonly values: Float64Array;
  /** Where the (smoothed) spectrum is highest, per mm. */
  readonly peakPerMm: number;
  /** Mean frequency weighted by ∫f·NPS df / ∫NPS df, per mm: tells the texture, coarse or fine. */
  readonly meanPerMm: number;
}

/** |DFT|² of a rectangle, by rows and then columns; the patches are small and of any size. */
function powerOf({ values, width, height }: Patch): Float64Array {
  const rows = transform(values, new Float64Array(values.length), width, height, 1, width);
  const both = transform(rows.re, rows.im, height, width, width, 1);
  return both.re.map((re, at) => re * re + both.im[at]! * both.im[at]!);
}

function transform(
  re: Float64Array,
  im: Float64Array,
  n: number,
  lines: number,
  step: number,
  stride: number,
): { re: Float64Array; im: Float64Array } {
  const cos = Float64Array.from({ length: n }, (_, t) => Math.cos((2 * Math.PI * t) / n));
  const sin = Float64Array.from({ length: n }, (_, t) => Math.sin((2 * Math.PI * t) / n));
  const out = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
  for (let line = 0; line < lines; line++)
    for (let u = 0; u < n; u++) {
      let sumRe = 0;
      let sumIm = 0;
      for (let x = 0, turn = 0; x < n; x++, turn += u, turn -= turn >= n ? n : 0) {
        const at = line * stride + x * step;
        sumRe += re[at]! * cos[turn]! + im[at]! * sin[turn]!;
        sumIm += im[at]! * cos[turn]! - re[at]! * sin[turn]!;
      }
      out.re[line * stride + u * step] = sumRe;
      out.im[line * stride + u * step] = sumIm;
    }
  return out;
}

/**
 * Noise power spectrum of patches of one size that show nothing but noise on a slow background:
 * NPS(u, v) = ΔxΔy/(NxNy)·⟨|DFT(patch − fit of second order)|²⟩ (ICRU 87; AAPM TG-233). `pixelMm` are Δx and Δy.
 * Its integral is the variance. Throws `QUALITY_PATCHES` without patches or with patches of different sizes.
 */
export function noisePower(patches: readonly Patch[], pixelMm: readonly [number, number]): NoisePower {
  const first = patches[0];
  if (first === undefined || patches.some((p) => p.width !== first.width || p.height !== first.height)) {
    throw new PhotopeakError('a noise power spectrum cannot be made of these patches', {
      code: 'QUALITY_PATCHES',
      expected: 'one patch or more, all of one size',
      found: patches.length === 0 ? 'none' : 'patches of different sizes',
      remedy: 'choose uniform regions of one size',
    });
  }
  const { width, height } = first;
  const values = new Float64Array(width * height);
  for (const patch of patches) {
    const power = powerOf(detrend(patch));
    for (let at = 0; at < power.length; at++) values[at]! += power[at]!;
  }
  const scale = (pixelMm[0] * pixelMm[1]) / (width * height * patches.length);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! *= scale;
  const variance = sum / (width * pixelMm[0] * height * pixelMm[1]);
  return { values, width, height, pixelMm, variance };
}

/** Mean over rings one frequency step wide, from the first step up to the lower of the two Nyquist frequencies. */
export function radialNoisePower({ values, width, height, pixelMm }: NoisePower): RadialNoisePower {
  const step = Math.max(1 / (width * pixelMm[0]), 1 / (height * pixelMm[1]));
  const nyquist = Math.min(0.5 / pixelMm[0], 0.5 / pixelMm[1]);
  const bins = Math.floor(nyquist / step);
  const sums = new Float64Array(bins);
  const frequencySums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++) {
      const fx = (u <= width / 2 ? u : u - width) / (width * pixelMm[0]);
      const fy = (v <= height / 2 ? v : v - height) / (height * pixelMm[1]);
      const frequency = Math.hypot(fx, fy);
      const bin = Math.round(frequency / step) - 1;
      if (bin < 0 || bin >= bins) continue;
      sums[bin]! += values[u + width * v]!;
      frequencySums[bin]! += frequency;
      counts[bin]!++;
    }
  const radial = sums.map((sum, bin) => sum / counts[bin]!);
  const frequencies = frequencySums.map((sum, bin) => sum / counts[bin]!);
  const total = radial.reduce((sum, value) => sum + value, 0);
  const meanPerMm = radial.reduce((sum, value, bin) => sum + value * frequencies[bin]!, 0) / total;
  return { frequencies, values: radial, peakPerMm: peakOf(frequencies, radial), meanPerMm };
}

/** Linear between the bins, constant beyond them. */
export function noisePowerAt(
  { frequencies, values }: Pick<RadialNoisePower, 'frequencies' | 'values'>,
  perMm: number,
): number {
  const after = frequencies.findIndex((frequency) => frequency >= perMm);
  if (after < 0) return values.at(-1)!;
  if (after === 0) return values[0]!;
  const [a, b] = [frequencies[after - 1]!, frequencies[after]!];
  return values[after - 1]! + ((values[after]! - values[after - 1]!) * (perMm - a)) / (b - a);
}

/** The top of the parabola through the highest value and its neighbours, of the spectrum smoothed over three bins. */
function peakOf(frequencies: Float64Array, values: Float64Array): number {
  const at = (bin: number) => values[Math.min(values.length - 1, Math.max(0, bin))]!;
  const smooth = values.map((value, bin) => 0.5 * value + 0.25 * (at(bin - 1) + at(bin + 1)));
  let top = 0;
  for (let bin = 1; bin < smooth.length; bin++) if (smooth[bin]! > smooth[top]!) top = bin;
  if (top === 0 || top === smooth.length - 1) return frequencies[top]!;
  const [a, b, c] = [smooth[top - 1]!, smooth[top]!, smooth[top + 1]!];
  const shift = a + c === 2 * b ? 0 : (0.5 * (a - c)) / (a - 2 * b + c);
  return frequencies[top]! + (shift * (frequencies[top + 1]! - frequencies[top - 1]!)) / 2;
}
