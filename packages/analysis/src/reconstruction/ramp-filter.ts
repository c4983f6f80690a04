/** Windows on the ramp, from the sharpest to the smoothest. */
export const RAMP_WINDOWS = ['ram-lak', 'shepp-logan', 'cosine', 'hamming', 'hann'] as const;
export type RampWindow = (typeof RAMP_WINDOWS)[number];

/** Value of each window at a frequency as a share (0..1) of the highest that passes. */
const windows: { readonly [name in RampWindow]: (share: number) => number } = {
  'ram-lak': () => 1,
  'shepp-logan': (share) => (share === 0 ? 1 : Math.sin((Math.PI / 2) * share) / ((Math.PI / 2) * share)),
  cosine: (share) => Math.cos((Math.PI / 2) * share),
  hamming: (share) => 0.54 + 0.46 * Math.cos(Math.PI * share),
  hann: (share) => 0.5 + 0.5 * Math.cos(Math.PI * share),
};

/** The window, zero from `cutoff` (a share of the Nyquist frequency) on. */
export function rampWindow(name: RampWindow, cutoff: number): (share: number) => number {
  return (share) => (share > cutoff ? 0 : windows[name](share / cutoff));
}

/**
 * Taps of the band-limited ramp for unit pitch (Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988,
 * eq. 3.61): 1/4 in the middle, −1/(π n)² for odd n, 0 for even n. Sampled in space, so that a uniform object keeps its
 * value; the sampled ramp |f| would lose its mean.
 */
export function rampTap(n: number): number {
  if (n === 0) return 0.25;
  return n % 2 === 0 ? 0 : -1 / (Math.PI * n) ** 2;
}

/** The same for rays at equal angles `pitchRad` of a fan (Kak and Slaney, eq. 3.98). */
export function arcRampTap(pitchRad: number): (n: number) => number {
  return (n) => (n === 0 ? rampTap(0) : rampTap(n) * ((n * pitchRad) / Math.sin(n * pitchRad)) ** 2);
}
