/**
 * Elementary functions from +, −, ×, ÷ and √ alone.
 *
 * IEEE 754 fixes those five to the last bit, while `Math.exp` and its family may differ between engines. A phantom
 * must be the same bytes on every machine, so nothing that reaches a voxel uses the library functions, nor `**`.
 */
export const PI = Math.PI;

export const square = (x: number): number => x * x;
const LN2 = Math.LN2;

/** e^x; relative error below 1e-14 for |x| < 700. */
export function exp(x: number): number {
  const k = Math.round(x / LN2);
  const r = x - k * LN2;
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (r * sum) / n;
  for (let n = 0; n < Math.abs(k); n++) sum = k > 0 ? sum * 2 : sum / 2;
  return sum;
}

/** Natural logarithm of a positive number. */
export function log(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa > 1.5) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let n = 21; n >= 1; n -= 2) sum = sum * t * t + 1 / n;
  return 2 * t * sum + exponent * LN2;
}

/** Sine of an angle in radians. */
export function sin(angle: number): number {
  let x = angle - 2 * PI * Math.round(angle / (2 * PI));
  if (x > PI / 2) x = PI - x;
  else if (x < -PI / 2) x = -PI - x;
  const square = x * x;
  let sum = 1;
  for (let n = 20; n >= 2; n -= 2) sum = 1 - (square * sum) / (n * (n + 1));
  return x * sum;
}

/** Cosine of an angle in radians. */
export function cos(angle: number): number {
  return sin(angle + PI / 2);
}

/** Rises from 0 at `from` to 1 at `to` with a continuous first derivative. `from` may exceed `to`. */
export function smoothStep(from: number, to: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Quantile of the standard normal distribution; absolute error below 1.2e-8 (P. Acklam's rational form). */
export function normalQuantile(p: number): number {
  const tail = 0.02425;
  if (p > 1 - tail) return -normalQuantile(1 - p);
  if (p < tail) {
    const q = Math.sqrt(-2 * log(p));
    const above =
      ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
        q +
        4.374664141464968) *
        q +
      2.938163982698783;
    const below =
      (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) *
        q +
      1;
    return above / below;
  }
  const q = p - 0.5;
  const r = q * q;
  const above =
    (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
    q;
  const below =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return above / below;
}
