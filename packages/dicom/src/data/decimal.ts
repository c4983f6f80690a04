/** Longest DS value, PS3.5 table 6.2-1. */
const DS_LIMIT = 16;

/**
 * A number as Decimal String of at most 16 characters, the closest one to `value` that fits.
 * Returns undefined for NaN and infinities, which DS cannot hold.
 */
export function formatDecimalString(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Object.is(value, -0)) return '0';
  const shortest = tidy(String(value));
  if (shortest.length <= DS_LIMIT) return shortest;
  let best: string | undefined;
  let bestError = Number.POSITIVE_INFINITY;
  for (let digits = DS_LIMIT; digits >= 1; digits--) {
    const candidates = [value.toExponential(digits - 1)];
    if (Math.abs(value) < 1e21) candidates.push(value.toPrecision(digits));
    if (Math.abs(value) < 1e16 && digits <= DS_LIMIT) candidates.push(value.toFixed(digits - 1));
    for (const candidate of candidates) {
      const text = tidy(candidate);
      const error = Math.abs(Number(text) - value);
      if (text.length <= DS_LIMIT && error < bestError) {
        best = text;
        bestError = error;
      }
    }
  }
  return best;
}

/** Shortens without changing the value: `1e+21` to `1e21`, `1.50e-7` to `1.5e-7`. */
function tidy(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string | undefined];
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : `${short}e${exponent.replace('+', '')}`;
}
