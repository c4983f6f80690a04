/**
 * The mode of a sample by repeated halving to the densest half (Bickel and Frühwirth 2006): the value that most of
 * the sample agrees on, however wild the rest. NaN for an empty sample.
 */
export function halfSampleMode(values: readonly number[]): number {
  let sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  while (sorted.length > 3) {
    const half = Math.ceil(sorted.length / 2);
    let start = 0;
    let narrowest = Number.POSITIVE_INFINITY;
    for (let n = 0; n + half <= sorted.length; n++) {
      const width = sorted[n + half - 1]! - sorted[n]!;
      if (width < narrowest) {
        narrowest = width;
        start = n;
      }
    }
    sorted = sorted.slice(start, start + half);
  }
  if (sorted.length === 3) {
    const [a, b, c] = sorted as [number, number, number];
    if (b - a < c - b) return (a + b) / 2;
    if (c - b < b - a) return (b + c) / 2;
    return b;
  }
  return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
}

/** Half the width of the middle half of a sample; NaN for fewer than four values. */
export function quartileSpread(values: readonly number[]): number {
  if (values.length < 4) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return (at(0.75) - at(0.25)) / 2;
}
