const BINS = 256;
/** Noise of the deconvolution. */
const WIENER_NOISE = 0.01;

/**
 * What each value is expected to be once the blur of a slowly varying field is taken from the histogram (Sled et al., N3,
 * IEEE Trans. Med. Imaging 1998): Wiener deconvolution by a Gaussian, then the conditional mean. `values`: logarithms; `fwhm`: of the blur,
 * in their unit.
 */
export function sharpened(values: Float32Array, fwhm: number): Float32Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const step = (high - low) / (BINS - 1) || 1;
  const histogram = new Float64Array(BINS);
  for (const value of values) {
    const at = (value - low) / step;
    const bin = Math.min(BINS - 2, Math.floor(at));
    histogram[bin]! += 1 - (at - bin);
    histogram[bin + 1]! += at - bin;
  }
  // On twice the bins, so that the ends do not reach each other.
  const size = 2 * BINS;
  const sigma = fwhm / (2 * Math.sqrt(2 * Math.LN2)) / step;
  const blur = Float64Array.from({ length: size }, (_, n) => {
    const distance = Math.min(n, size - n);
    return Math.exp((-distance * distance) / (2 * sigma * sigma));
  });
  const total = blur.reduce((sum, value) => sum + value, 0);
  const transfer = transform(blur.map((value) => value / total));
  const padded = new Float64Array(size);
  padded.set(histogram, BINS / 2);
  const spectrum = transform(padded);
  const filtered = { re: new Float64Array(size), im: new Float64Array(size) };
  for (let n = 0; n < size; n++) {
    // The blur is even: its transform is real.
    const f = transfer.re[n]!;
    const w = f / (f * f + WIENER_NOISE);
    filtered.re[n] = spectrum.re[n]! * w;
    filtered.im[n] = spectrum.im[n]! * w;
  }
  const sharp = inverse(filtered).map((value) => Math.max(0, value));
  const weighted = sharp.map((value, n) => value * (low + (n - BINS / 2) * step));
  const [top, bottom] = [smoothed(weighted, transfer.re), smoothed(sharp, transfer.re)];
  const expected = Float64Array.from({ length: BINS }, (_, n) => {
    const at = n + BINS / 2;
    return bottom[at]! > 1e-9 ? top[at]! / bottom[at]! : low + n * step;
  });
  return values.map((value) => {
    const at = (value - low) / step;
    const bin = Math.min(BINS - 2, Math.floor(at));
    return expected[bin]! + (at - bin) * (expected[bin + 1]! - expected[bin]!);
  });
}

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function smoothed(values: Float64Array, transfer: Float64Array): Float64Array {
  const { re, im } = transform(values);
  return inverse({ re: re.map((v, n) => v * transfer[n]!), im: im.map((v, n) => v * transfer[n]!) });
}

/** Discrete Fourier transform of a real line of a few hundred numbers, by its definition. */
function transform(values: Float64Array): Spectrum {
  const n = values.length;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  const [cos, sin] = circle(n);
  for (let k = 0; k < n; k++) {
    for (let t = 0; t < n; t++) {
      const value = values[t]!;
      if (value === 0) continue;
      const at = (k * t) % n;
      re[k]! += value * cos[at]!;
      im[k]! -= value * sin[at]!;
    }
  }
  return { re, im };
}

function inverse({ re, im }: Spectrum): Float64Array {
  const n = re.length;
  const [cos, sin] = circle(n);
  const values = new Float64Array(n);
  for (let t = 0; t < n; t++) {
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const at = (k * t) % n;
      sum += re[k]! * cos[at]! - im[k]! * sin[at]!;
    }
    values[t] = sum / n;
  }
  return values;
}

function circle(n: number): readonly [Float64Array, Float64Array] {
  const angles = Float64Array.from({ length: n }, (_, k) => (2 * Math.PI * k) / n);
  return [angles.map(Math.cos), angles.map(Math.sin)];
}
