/**
 * Complex Fourier transforms of any length: mixed radix where all prime factors are small, else Bluestein's chirp over a
 * power of two. exp(−2πi kn/N) forwards, unitary (1/√N) both ways.
 */

/** Transforms one line of a plan's length in place. */
export interface FourierPlan {
  readonly length: number;
  transform(re: Float64Array, im: Float64Array, inverse: boolean): void;
}

/** Prime factors up to this are done directly: n·p operations. */
const LARGEST_FACTOR = 61;
const plans = new Map<number, FourierPlan>();

/** The plan for a length, made once. */
export function fourierPlan(length: number): FourierPlan {
  const known = plans.get(length);
  if (known !== undefined) return known;
  const factors = factorsOf(length);
  const plan = (factors.at(-1) ?? 1) <= LARGEST_FACTOR ? mixedRadix(length, factors) : bluestein(length);
  plans.set(length, plan);
  return plan;
}

function factorsOf(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (let p = 2; p * p <= rest; p++) {
    while (rest % p === 0) {
      factors.push(p);
      rest /= p;
    }
  }
  if (rest > 1) factors.push(rest);
  return factors;
}

function turnsOf(length: number) {
  const cosine = Float64Array.from({ length }, (_, n) => Math.cos((2 * Math.PI * n) / length));
  const sine = Float64Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * n) / length));
  return { cosine, sine };
}

/** Stockham's autosort with any radix: after each factor the other of two arrays holds the result in order. */
function mixedRadix(length: number, factors: readonly number[]): FourierPlan {
  const { cosine, sine } = turnsOf(length);
  const [otherRe, otherIm] = [new Float64Array(length), new Float64Array(length)] as const;
  const scale = 1 / Math.sqrt(length);

  const stage = (
    sr: Float64Array,
    si: Float64Array,
    tr: Float64Array,
    ti: Float64Array,
    radix: number,
    done: number,
    sign: number,
  ) => {
    // `done` transforms of length `done` are joined by `radix`; m groups are left.
    const m = length / (done * radix);
    for (let j = 0; j < done; j++) {
      for (let q = 0; q < radix; q++) {
        // e^(∓2πi p (j + q·done) / (done·radix)) for p = 0, 1, …
        const turn = ((j + q * done) * m) % length;
        const to = (j + q * done) * m;
        for (let k = 0; k < m; k++) {
          let sumRe = 0;
          let sumIm = 0;
          for (let p = 0, at = j * radix * m + k, angle = 0; p < radix; p++, at += m) {
            const c = cosine[angle]!;
            const s = sign * sine[angle]!;
            sumRe += sr[at]! * c - si[at]! * s;
            sumIm += sr[at]! * s + si[at]! * c;
            angle += turn;
            if (angle >= length) angle -= length;
          }
          tr[to + k] = sumRe;
          ti[to + k] = sumIm;
        }
      }
    }
  };
  return {
    length,
    transform(re, im, inverse) {
      let [sr, si, tr, ti]: Float64Array[] = [re, im, otherRe, otherIm];
      let done = 1;
      for (const radix of factors) {
        stage(sr!, si!, tr!, ti!, radix, done, inverse ? 1 : -1);
        [sr, si, tr, ti] = [tr, ti, sr, si];
        done *= radix;
      }
      for (let n = 0; n < length; n++) {
        re[n] = sr![n]! * scale;
        im[n] = si![n]! * scale;
      }
    },
  };
}

/** L. Bluestein (1970): a transform of any length as a convolution of a power of two. */
function bluestein(length: number): FourierPlan {
  const wide = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const inner = mixedRadix(wide, factorsOf(wide));
  const chirpRe = new Float64Array(length);
  const chirpIm = new Float64Array(length);
  for (let n = 0; n < length; n++) {
    // n² modulo 2N keeps the angle small and exact.
    const angle = (Math.PI * ((n * n) % (2 * length))) / length;
    chirpRe[n] = Math.cos(angle);
    chirpIm[n] = Math.sin(angle);
  }
  const kernelRe = new Float64Array(wide);
  const kernelIm = new Float64Array(wide);
  for (let n = 0; n < length; n++) {
    kernelRe[n] = kernelRe[(wide - n) % wide] = chirpRe[n]!;
    kernelIm[n] = kernelIm[(wide - n) % wide] = chirpIm[n]!;
  }
  inner.transform(kernelRe, kernelIm, false);
  const workRe = new Float64Array(wide);
  const workIm = new Float64Array(wide);
  const scale = Math.sqrt(wide) / Math.sqrt(length);
  return {
    length,
    transform(re, im, inverse) {
      // The inverse is the forward transform of the conjugate, conjugated.
      const sign = inverse ? -1 : 1;
      workRe.fill(0);
      workIm.fill(0);
      for (let n = 0; n < length; n++) {
        const b = sign * im[n]!;
        workRe[n] = re[n]! * chirpRe[n]! + b * chirpIm[n]!;
        workIm[n] = b * chirpRe[n]! - re[n]! * chirpIm[n]!;
      }
      inner.transform(workRe, workIm, false);
      for (let n = 0; n < wide; n++) {
        const real = workRe[n]! * kernelRe[n]! - workIm[n]! * kernelIm[n]!;
        workIm[n] = workRe[n]! * kernelIm[n]! + workIm[n]! * kernelRe[n]!;
        workRe[n] = real;
      }
      inner.transform(workRe, workIm, true);
      for (let n = 0; n < length; n++) {
        re[n] = scale * (workRe[n]! * chirpRe[n]! + workIm[n]! * chirpIm[n]!);
        im[n] = sign * scale * (workIm[n]! * chirpRe[n]! - workRe[n]! * chirpIm[n]!);
      }
    },
  };
}

/** A picture of complex numbers, x fastest. */
export interface ComplexImage {
  readonly width: number;
  readonly height: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function complexImage(width: number, height: number): ComplexImage {
  return { width, height, re: new Float64Array(width * height), im: new Float64Array(width * height) };
}

/** Transforms rows, then columns, in place; frequency and place 0 lie at index ⌊n/2⌋ on both sides. */
export function transformCentered(image: ComplexImage, inverse: boolean): void {
  const { width, height, re, im } = image;
  const line = (
    start: number,
    step: number,
    plan: FourierPlan,
    lineRe: Float64Array,
    lineIm: Float64Array,
  ) => {
    const n = plan.length;
    const half = Math.floor(n / 2);
    for (let k = 0; k < n; k++) {
      const from = start + step * ((k + half) % n);
      lineRe[k] = re[from]!;
      lineIm[k] = im[from]!;
    }
    plan.transform(lineRe, lineIm, inverse);
    for (let k = 0; k < n; k++) {
      const to = start + step * ((k + half) % n);
      re[to] = lineRe[k]!;
      im[to] = lineIm[k]!;
    }
  };
  for (const [plan, lines, step, apart] of [
    [fourierPlan(width), height, 1, width],
    [fourierPlan(height), width, width, 1],
  ] as const) {
    const lineRe = new Float64Array(plan.length);
    const lineIm = new Float64Array(plan.length);
    for (let n = 0; n < lines; n++) line(n * apart, step, plan, lineRe, lineIm);
  }
}
