import { PhotopeakError, type Volume } from '@photopeak/imaging';

/** The transition from a cylinder to what is around it, seen as one profile across its wall. */
export interface EdgeProfile {
  /** Distance from the axis of the cylinder of the first sample, mm. */
  readonly startMm: number;
  readonly stepMm: number;
  readonly values: Float64Array;
  /** Level inside minus level outside, in the unit of the image. */
  readonly contrast: number;
}

export interface TaskTransfer {
  /** Per mm, from 0. */
  readonly frequencies: Float64Array;
  /** 1 at frequency 0. */
  readonly values: Float64Array;
  /** Frequencies, per mm, where transfer falls to a half and to a tenth; undefined beyond Nyquist. */
  readonly mtf50PerMm: number | undefined;
  readonly mtf10PerMm: number | undefined;
}

export interface Rod {
  /** Axis of the rod as (fractional) column and row. */
  readonly column: number;
  readonly row: number;
  readonly radiusMm: number;
  /** How far inside and outside of its wall the profile reaches, mm. */
  readonly reachMm: number;
  /** Slices [from, to) that show it alike; all when absent. */
  readonly slices?: readonly [number, number];
}

const SAMPLES_PER_PIXEL = 8;
/** Part of the profile at either end whose mean is the plateau. */
const PLATEAU = 0.25;

/**
 * Edge spread function of a rod along the third axis: every pixel near its wall by its distance from the axis, averaged
 * over directions and slices in steps of an eighth of a pixel (Richard et al. 2012, Med Phys 39:4115). Throws
 * `QUALITY_EDGE` where the rod does not lie inside of the slice or is too small.
 */
export function edgeProfile(volume: Volume, rod: Rod): EdgeProfile {
  const [nx, ny, nz] = volume.size;
  const [dx, dy] = volume.spacingMm;
  const { column, row, radiusMm, reachMm } = rod;
  const outer = radiusMm + reachMm;
  const fits =
    reachMm <= radiusMm &&
    column * dx >= outer &&
    row * dy >= outer &&
    (nx - 1 - column) * dx >= outer &&
    (ny - 1 - row) * dy >= outer;
  if (!fits) {
    throw new PhotopeakError('no edge profile can be taken of this rod', {
      code: 'QUALITY_EDGE',
      expected: 'a rod whose profile reaches neither beyond its axis nor beyond the slice',
      found: `radius ${radiusMm} mm, reach ${reachMm} mm`,
      remedy: 'choose a shorter reach or another rod',
    });
  }
  const stepMm = Math.min(dx, dy) / SAMPLES_PER_PIXEL;
  const startMm = radiusMm - reachMm;
  const bins = Math.floor((2 * reachMm) / stepMm);
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  const [from, to] = rod.slices ?? [0, nz];
  for (let j = Math.floor(row - outer / dy); j <= row + outer / dy; j++)
    for (let i = Math.floor(column - outer / dx); i <= column + outer / dx; i++) {
      const bin = Math.floor((Math.hypot((i - column) * dx, (j - row) * dy) - startMm) / stepMm);
      if (bin < 0 || bin >= bins || i < 0 || j < 0 || i >= nx || j >= ny) continue;
      for (let k = from; k < to; k++) sums[bin]! += volume.data[i + nx * (j + ny * k)]!;
      counts[bin]! += to - from;
    }
  const values = filled(sums, counts);
  const plateau = Math.max(1, Math.floor(PLATEAU * bins));
  const mean = (part: Float64Array) => part.reduce((sum, value) => sum + value, 0) / part.length;
  const contrast = mean(values.subarray(0, plateau)) - mean(values.subarray(bins - plateau));
  return { startMm, stepMm, values, contrast };
}

/** Means of bins; those without a pixel lie on a line between their neighbours. */
export function filled(sums: Float64Array, counts: Float64Array): Float64Array {
  const known = [...counts.keys()].filter((bin) => counts[bin]! > 0);
  const mean = (bin: number) => sums[bin]! / counts[bin]!;
  let next = 0;
  return sums.map((_, bin) => {
    while (next < known.length - 1 && known[next]! < bin) next++;
    const after = known[next]!;
    const before = known[Math.max(0, next - 1)]!;
    if (after <= bin || after === before) return mean(after);
    if (bin < before) return mean(before);
    return mean(before) + ((mean(after) - mean(before)) * (bin - before)) / (after - before);
  });
}

/**
 * Task transfer function: the modulus of the Fourier transform of the line spread function (the derivative of the edge
 * profile under a window that is flat over its middle half), 1 at frequency 0, up to Nyquist of `pixelMm`. Denoising that depends on contrast gives
 * another one for each contrast: state it (AAPM TG-233).
 */
export function taskTransfer(profile: EdgeProfile, pixelMm: number): TaskTransfer {
  const { values, stepMm } = profile;
  const n = values.length - 1;
  const line = Float64Array.from({ length: n }, (_, at) => {
    // 1 over the middle half, falling to 0 at both ends (Tukey).
    const window = 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, (4 * Math.min(at + 0.5, n - at - 0.5)) / n));
    return (values[at + 1]! - values[at]!) * window;
  });
  const stepPerMm = 1 / (8 * n * stepMm);
  const count = Math.floor(0.5 / pixelMm / stepPerMm) + 1;
  const frequencies = Float64Array.from({ length: count }, (_, at) => at * stepPerMm);
  const modulus = frequencies.map((frequency) => {
    let re = 0;
    let im = 0;
    for (let at = 0; at < n; at++) {
      const angle = 2 * Math.PI * frequency * at * stepMm;
      re += line[at]! * Math.cos(angle);
      im += line[at]! * Math.sin(angle);
    }
    // Differences of neighbours and means over bins each lose the high frequencies a little: sin(πfΔ)/(πfΔ).
    const x = Math.PI * frequency * stepMm;
    const loss = x === 0 ? 1 : (Math.sin(x) / x) ** 2;
    return Math.hypot(re, im) / loss;
  });
  const transfer = modulus.map((value) => value / modulus[0]!);
  const fallsTo = (level: number): number | undefined => {
    const at = transfer.findIndex((value) => value < level);
    if (at <= 0) return undefined;
    const [a, b] = [transfer[at - 1]!, transfer[at]!];
    return frequencies[at - 1]! + (stepPerMm * (a - level)) / (a - b);
  };
  return { frequencies, values: transfer, mtf50PerMm: fallsTo(0.5), mtf10PerMm: fallsTo(0.1) };
}

/**
 * Width in mm over which an edge goes from 10 % to 90 % of its step, of samples `stepMm` apart; the plateaus are the
 * first and the last quarter. Undefined where the profile has no step. 2.563σ for an edge blurred by a Gaussian.
 */
export function edgeWidthMm({ values, stepMm, contrast }: EdgeProfile): number | undefined {
  const plateau = Math.max(1, Math.floor(PLATEAU * values.length));
  const low = values.subarray(0, plateau).reduce((sum, value) => sum + value, 0) / plateau;
  if (contrast === 0) return undefined;
  // From the middle outwards, so that noise on the plateaus is not taken for the edge.
  const part = (at: number) => (low - values[at]!) / contrast;
  const middle = values.findIndex((_, at) => part(at) >= 0.5);
  if (middle <= 0) return undefined;
  let start = middle;
  while (start > 0 && part(start) > 0.1) start--;
  let end = middle;
  while (end < values.length - 1 && part(end) < 0.9) end++;
  const between = (at: number, level: number) => at + (level - part(at)) / (part(at + 1) - part(at));
  return (between(end - 1, 0.9) - between(start, 0.1)) * stepMm;
}
