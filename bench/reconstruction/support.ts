import type { Grid } from '@photopeak/imaging';

/** Root mean square difference from a value in a disc of a slice, as a share of the value. */
export function errorInDisc(
  slice: Float32Array,
  { size, spacingMm, origin }: Grid,
  [x, y]: readonly [number, number],
  radiusMm: number,
  expected: number,
): number {
  let sum = 0;
  let count = 0;
  for (let j = 0; j < size[1]; j++) {
    for (let i = 0; i < size[0]; i++) {
      if (Math.hypot(origin[0] + spacingMm[0] * i - x, origin[1] + spacingMm[1] * j - y) > radiusMm) continue;
      sum += (slice[i + size[0] * j]! - expected) ** 2;
      count++;
    }
  }
  return Math.sqrt(sum / count) / expected;
}

/**
 * Frequency (1/mm) at which the modulation has fallen to a half, from the edge of a disc: all voxels by their distance from
 * the edge in bins of a fifth of a voxel, differentiated, transformed.
 */
export function edgeMtf50(
  slice: Float32Array,
  { size, spacingMm, origin }: Grid,
  [x, y]: readonly [number, number],
  radiusMm: number,
): number {
  const binMm = spacingMm[0] / 5;
  const reach = 8 * spacingMm[0];
  const bins = Math.ceil((2 * reach) / binMm);
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (let j = 0; j < size[1]; j++) {
    for (let i = 0; i < size[0]; i++) {
      const from = Math.hypot(origin[0] + spacingMm[0] * i - x, origin[1] + spacingMm[1] * j - y) - radiusMm;
      const bin = Math.floor((from + reach) / binMm);
      if (bin < 0 || bin >= bins) continue;
      sums[bin]! += slice[i + size[0] * j]!;
      counts[bin]! += 1;
    }
  }
  const edge = Array.from(sums, (sum, n) => (counts[n]! > 0 ? sum / counts[n]! : Number.NaN));
  const line = edge.slice(1).map((value, n) => value - edge[n]!);
  const known = line.map((value) => (Number.isNaN(value) ? 0 : value));
  const total = Math.abs(known.reduce((sum, value) => sum + value, 0));
  for (let f = 0; f < 1 / spacingMm[0]; f += 0.0005) {
    let re = 0;
    let im = 0;
    for (const [n, value] of known.entries()) {
      re += value * Math.cos(2 * Math.PI * f * n * binMm);
      im += value * Math.sin(2 * Math.PI * f * n * binMm);
    }
    if (Math.hypot(re, im) < total / 2) return f;
  }
  return Number.NaN;
}
