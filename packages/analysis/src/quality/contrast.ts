import type { Statistics } from '@photopeak/imaging';

/** Mean over standard deviation of one uniform region. */
export function signalToNoise({ mean, sd }: Pick<Statistics, 'mean' | 'sd'>): number {
  return mean / sd;
}

/** |μ₁ − μ₂|/√((σ₁² + σ₂²)/2) of two uniform regions: other formulas are in use, so state this one with the number. */
export function contrastToNoise(
  a: Pick<Statistics, 'mean' | 'sd'>,
  b: Pick<Statistics, 'mean' | 'sd'>,
): number {
  return Math.abs(a.mean - b.mean) / Math.sqrt((a.sd * a.sd + b.sd * b.sd) / 2);
}

/** What an image shows of a region against what it should: absolute (HU) and as a part of it (SUV, activity). */
export function regionBias(
  found: Pick<Statistics, 'mean'>,
  truth: number,
): { absolute: number; relative: number } {
  return { absolute: found.mean - truth, relative: (found.mean - truth) / truth };
}
