import { type ComplexImage, complexImage, PhotopeakError, transformCentered } from '@photopeak/imaging';
import { type CoilSamples, samplingMask } from './samples.ts';
import { coilSensitivities } from './sensitivities.ts';
import { waveletTransform } from './wavelet.ts';

export const KSPACE_METHODS = ['l1-wavelet', 'cg-sense', 'zero-filled'] as const;
export type KspaceMethod = (typeof KSPACE_METHODS)[number];

export interface KspaceOptions {
  readonly method: KspaceMethod;
  readonly iterations?: number;
  /** Weight of the regularisation, as a share of the largest value of the first image. */
  readonly lambda?: number;
}

export interface KspaceResult {
  readonly image: ComplexImage;
  /** ‖Ax − b‖ / ‖b‖ after each iteration. */
  readonly residuals: readonly number[];
  /** Share of k-space that was sampled. */
  readonly sampled: number;
}

const DEFAULTS = {
  'l1-wavelet': { iterations: 30, lambda: 0.004 },
  'cg-sense': { iterations: 12, lambda: 0.01 },
  'zero-filled': { iterations: 0, lambda: 0 },
} as const;

/**
 * One image from undersampled k-space of several coils. `zero-filled`: root of the sum of squares of the coil images.
 * `cg-sense`: least squares over the coils with a penalty on the image's energy, by conjugate gradients (Pruessmann 2001).
 * `l1-wavelet`: the same data term with the sum of the magnitudes of wavelet coefficients, by FISTA (Lustig 2007, Beck and
 * Teboulle 2009), the wavelet shifted by another step in each iteration. Throws `KSPACE_NO_CALIBRATION`, `KSPACE_SIZE`.
 */
export function reconstructKspace(samples: CoilSamples, options: KspaceOptions): KspaceResult {
  const { width, height, coils, data } = samples;
  if (data.length !== 2 * width * height * coils || data.length === 0) {
    throw new PhotopeakError('the samples do not fit the size of k-space', {
      code: 'KSPACE_SIZE',
      expected: `${2 * width * height * coils} numbers`,
      found: `${data.length}`,
    });
  }
  const mask = samplingMask(samples);
  const sampled = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  if (options.method === 'zero-filled') return { image: rootSumOfSquares(samples), residuals: [], sampled };
  const operator = new SenseOperator(samples, mask);
  const settings = { ...DEFAULTS[options.method], ...options };
  const solve = options.method === 'cg-sense' ? conjugateGradients : fista;
  return { ...solve(operator, settings.iterations, settings.lambda), sampled };
}

function rootSumOfSquares({ width, height, coils, data }: CoilSamples): ComplexImage {
  const sum = complexImage(width, height);
  const area = width * height;
  const image = complexImage(width, height);
  for (let coil = 0; coil < coils; coil++) {
    for (let n = 0; n < area; n++) {
      image.re[n] = data[2 * (n + area * coil)]!;
      image.im[n] = data[2 * (n + area * coil) + 1]!;
    }
    transformCentered(image, true);
    for (let n = 0; n < area; n++) sum.re[n]! += image.re[n]! ** 2 + image.im[n]! ** 2;
  }
  for (let n = 0; n < area; n++) sum.re[n] = Math.sqrt(sum.re[n]!);
  return sum;
}

/** A: image → samples of all coils where the mask is 1. With Σ|s|² ≤ 1 its norm is at most 1. */
class SenseOperator {
  readonly width: number;
  readonly height: number;
  /** ‖b‖². */
  readonly energy: number;
  readonly #maps: readonly ComplexImage[];
  readonly #mask: Uint8Array;
  readonly #measured: readonly ComplexImage[];
  readonly #work: ComplexImage;

  constructor(samples: CoilSamples, mask: Uint8Array) {
    const { width, height, coils, data } = samples;
    this.width = width;
    this.height = height;
    this.#mask = mask;
    this.#maps = coilSensitivities(samples).maps;
    this.#work = complexImage(width, height);
    const area = width * height;
    this.#measured = Array.from({ length: coils }, (_, coil) => {
      const k = complexImage(width, height);
      for (let n = 0; n < area; n++) {
        k.re[n] = data[2 * (n + area * coil)]!;
        k.im[n] = data[2 * (n + area * coil) + 1]!;
      }
      return k;
    });
    this.energy = data.reduce((sum, value) => sum + value * value, 0);
  }

  /** out = Aᴴ(Ax − b), or AᴴAx without `measured`, or Aᴴ(−b) for an x of nothing; returns ‖Ax − b‖². */
  normal(x: ComplexImage, out: ComplexImage, measured: boolean): number {
    const work = this.#work;
    const area = this.width * this.height;
    out.re.fill(0);
    out.im.fill(0);
    let squares = 0;
    for (const [coil, map] of this.#maps.entries()) {
      const b = this.#measured[coil]!;
      for (let n = 0; n < area; n++) {
        work.re[n] = map.re[n]! * x.re[n]! - map.im[n]! * x.im[n]!;
        work.im[n] = map.re[n]! * x.im[n]! + map.im[n]! * x.re[n]!;
      }
      transformCentered(work, false);
      for (let n = 0; n < area; n++) {
        if (this.#mask[n] === 0) {
          work.re[n] = 0;
          work.im[n] = 0;
        } else if (measured) {
          work.re[n]! -= b.re[n]!;
          work.im[n]! -= b.im[n]!;
          squares += work.re[n]! ** 2 + work.im[n]! ** 2;
        }
      }
      transformCentered(work, true);
      for (let n = 0; n < area; n++) {
        out.re[n]! += map.re[n]! * work.re[n]! + map.im[n]! * work.im[n]!;
        out.im[n]! += map.re[n]! * work.im[n]! - map.im[n]! * work.re[n]!;
      }
    }
    return squares;
  }
}

const dot = (a: ComplexImage, b: ComplexImage) => {
  let sum = 0;
  for (let n = 0; n < a.re.length; n++) sum += a.re[n]! * b.re[n]! + a.im[n]! * b.im[n]!;
  return sum;
};

/** a += factor·b */
const add = (a: ComplexImage, factor: number, b: ComplexImage) => {
  for (let n = 0; n < a.re.length; n++) {
    a.re[n]! += factor * b.re[n]!;
    a.im[n]! += factor * b.im[n]!;
  }
};

/** (AᴴA + λ)x = r, by conjugate gradients from nothing; r is used up. */
function solveNormal(
  operator: SenseOperator,
  r: ComplexImage,
  iterations: number,
  lambda: number,
): ComplexImage {
  const make = () => complexImage(operator.width, operator.height);
  const [x, p, q] = [make(), make(), make()] as const;
  add(p, 1, r);
  let rho = dot(r, r);
  for (let step = 0; step < iterations && rho > 0; step++) {
    operator.normal(p, q, false);
    add(q, lambda, p);
    const length = rho / dot(p, q);
    add(x, length, p);
    add(r, -length, q);
    const next = dot(r, r);
    const turn = next / rho;
    rho = next;
    for (let n = 0; n < p.re.length; n++) {
      p.re[n] = r.re[n]! + turn * p.re[n]!;
      p.im[n] = r.im[n]! + turn * p.im[n]!;
    }
  }
  return x;
}

/** (AᴴA + λ)x = Aᴴb. */
function conjugateGradients(operator: SenseOperator, iterations: number, lambda: number) {
  const q = complexImage(operator.width, operator.height);
  const r = complexImage(operator.width, operator.height);
  operator.normal(q, r, true);
  for (let n = 0; n < r.re.length; n++) [r.re[n], r.im[n]] = [-r.re[n]!, -r.im[n]!];
  const x = solveNormal(operator, r, iterations, lambda);
  return { image: x, residuals: [Math.sqrt(operator.normal(x, q, true) / operator.energy)] };
}

/** What of an image the samples do not determine. */
export interface KspaceNullSpace {
  /** The image less the one of least energy that gives the same samples: what regularisation made of the gaps. */
  readonly image: ComplexImage;
  /** Its share of the energy of the image. */
  readonly share: number;
}

/** Components that samples show with less than this share of their energy count as not told: their noise would be ten times as high. */
const TOLD_SHARE = 0.01;
const NULL_SPACE_ITERATIONS = 20;

/**
 * The part of a reconstructed image in the null space of the measurement, x − A⁺A·x (Bhadra et al., IEEE Trans. Med.
 * Imaging 2021), A from the image to the samples of all coils, A⁺ kept from what samples hardly show. Throws
 * `KSPACE_NO_CALIBRATION`.
 */
export function kspaceNullSpace(samples: CoilSamples, image: ComplexImage): KspaceNullSpace {
  const operator = new SenseOperator(samples, samplingMask(samples));
  const seen = complexImage(operator.width, operator.height);
  operator.normal(image, seen, false);
  const rest = solveNormal(operator, seen, NULL_SPACE_ITERATIONS, TOLD_SHARE);
  for (let n = 0; n < rest.re.length; n++) {
    rest.re[n] = image.re[n]! - rest.re[n]!;
    rest.im[n] = image.im[n]! - rest.im[n]!;
  }
  const energy = dot(image, image);
  return { image: rest, share: energy > 0 ? dot(rest, rest) / energy : 0 };
}

const LEVELS = 4;

function fista(operator: SenseOperator, iterations: number, lambda: number) {
  const make = () => complexImage(operator.width, operator.height);
  const x = make();
  const y = make();
  const before = make();
  const gradient = make();
  const shrink = new WaveletShrinkage(operator.width, operator.height);
  operator.normal(x, gradient, true);
  let largest = 0;
  for (let n = 0; n < x.re.length; n++)
    largest = Math.max(largest, Math.hypot(gradient.re[n]!, gradient.im[n]!));
  const residuals: number[] = [];
  let t = 1;
  for (let step = 0; step < iterations; step++) {
    const squares = operator.normal(y, gradient, true);
    residuals.push(Math.sqrt(squares / operator.energy));
    before.re.set(x.re);
    before.im.set(x.im);
    for (let n = 0; n < x.re.length; n++) {
      x.re[n] = y.re[n]! - gradient.re[n]!;
      x.im[n] = y.im[n]! - gradient.im[n]!;
    }
    shrink.apply(x, lambda * largest, step);
    const next = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const momentum = (t - 1) / next;
    t = next;
    for (let n = 0; n < x.re.length; n++) {
      y.re[n] = x.re[n]! + momentum * (x.re[n]! - before.re[n]!);
      y.im[n] = x.im[n]! + momentum * (x.im[n]! - before.im[n]!);
    }
  }
  residuals.push(Math.sqrt(operator.normal(x, gradient, true) / operator.energy));
  return { image: x, residuals };
}

/** Soft thresholds on the magnitudes of wavelet coefficients, details only. */
class WaveletShrinkage {
  readonly #width: number;
  readonly #height: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(width: number, height: number) {
    const unit = 2 ** LEVELS;
    this.#width = Math.ceil(width / unit) * unit;
    this.#height = Math.ceil(height / unit) * unit;
    this.#re = new Float64Array(this.#width * this.#height);
    this.#im = new Float64Array(this.#width * this.#height);
  }

  apply({ width, height, re, im }: ComplexImage, threshold: number, step: number): void {
    const [w, h] = [this.#width, this.#height];
    // Another shift in each iteration: the wavelet's own grid must not show.
    const [dx, dy] = [(step * 5) % 16, (step * 11) % 16];
    this.#re.fill(0);
    this.#im.fill(0);
    const place = (x: number, y: number) => ((x + dx) % w) + w * ((y + dy) % h);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        this.#re[place(x, y)] = re[x + width * y]!;
        this.#im[place(x, y)] = im[x + width * y]!;
      }
    }
    waveletTransform(this.#re, w, h, LEVELS, false);
    waveletTransform(this.#im, w, h, LEVELS, false);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        if (x < w >> LEVELS && y < h >> LEVELS) continue;
        const n = x + w * y;
        const magnitude = Math.hypot(this.#re[n]!, this.#im[n]!);
        const kept = magnitude > threshold ? 1 - threshold / magnitude : 0;
        this.#re[n]! *= kept;
        this.#im[n]! *= kept;
      }
    }
    waveletTransform(this.#re, w, h, LEVELS, true);
    waveletTransform(this.#im, w, h, LEVELS, true);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        re[x + width * y] = this.#re[place(x, y)]!;
        im[x + width * y] = this.#im[place(x, y)]!;
      }
    }
  }
}
