import { gaussian, requireSameGrid, type Volume } from '@photopeak/imaging';
import { median } from '../../numbers/index.ts';
import { noiseMap } from '../noise-map.ts';
import { noisePower, radialNoisePower } from '../noise-power.ts';
import { type Patch, patchAt } from '../patch.ts';
import { steepest } from '../sharpness.ts';

/** What was taken out of an image, as a whole: of a good denoiser it looks like the noise of the original. */
export interface Residual {
  /** Mean of enhanced minus original in the range of the noise, in the even half of the image, in the unit of the image. */
  readonly bias: number;
  /** Mean of the original there, and the middle of the standard deviations of its noise. */
  readonly mean: number;
  readonly noise: number;
  /** Share of voxels whose change is above four local standard deviations of the noise. */
  readonly beyondNoise: number;
  /** Mean absolute change on the steepest edges of the enhanced image over that elsewhere: 1 unrelated to anatomy. */
  readonly edgeRatio: number;
  /** Power of the change over that of the noise, in flat places: 1 where all noise was taken out. */
  readonly powerRatio: number | undefined;
  /**
   * Mean frequency of the change over that of the noise, in flat places: 1 where what was taken out is like the noise,
   * above where only its fine part was, below where coarse structure was.
   */
  readonly frequencyRatio: number | undefined;
}

export interface ResidualOptions {
  /** As for `findStructures`. */
  readonly above: number;
  /** Range of values in which noise is measured, in the unit of the image. CT: −200…200 HU. */
  readonly range: readonly [number, number];
}

const SIGMAS = 4;
const EDGES = 0.05;
const EDGE_SMOOTHING_PIXELS = 1;
const PATCH = 24;
const PATCHES = 48;
const FEWEST_PATCHES = 4;
/** Squares whose sum of squares is at most this many times that of the flattest are flat. */
const FLAT = 2;

/** Throws `IMAGING_GRID_MISMATCH`. */
export async function residualOf(
  original: Volume,
  enhanced: Volume,
  { above, range }: ResidualOptions,
): Promise<Residual> {
  requireSameGrid(original, enhanced, 'what an enhancement took out');
  const noise = noiseMap(original, { range });
  const steps = noise.size.map((blocks, axis) => original.size[axis]! / blocks);
  const [dx, dy] = original.spacingMm;
  const widths = [EDGE_SMOOTHING_PIXELS * dx, EDGE_SMOOTHING_PIXELS * dy, 0] as const;
  const smooth = await gaussian(enhanced, { sigmaMm: widths });
  const [nx, ny, nz] = original.size;
  const slope = new Float32Array(smooth.data.length);
  let [count, level, beyond] = [0, 0, 0];
  for (let k = 0; k < nz; k++)
    for (let j = 1; j < ny - 1; j++) {
      const row = nx * (j + ny * k);
      const block =
        noise.size[0] *
        (Math.min(noise.size[1] - 1, Math.floor(j / steps[1]!)) +
          noise.size[1] * Math.min(noise.size[2] - 1, Math.floor(k / steps[2]!)));
      for (let i = 1; i < nx - 1; i++) {
        const at = row + i;
        if (!(smooth.data[at]! > above)) continue;
        const change = enhanced.data[at]! - original.data[at]!;
        const sigma = noise.data[block + Math.min(noise.size[0] - 1, Math.floor(i / steps[0]!))]!;
        count++;
        level += original.data[at]!;
        if (Math.abs(change) > SIGMAS * sigma) beyond++;
        slope[at] =
          Math.abs(smooth.data[at + 1]! - smooth.data[at - 1]!) / dx +
          Math.abs(smooth.data[at + nx]! - smooth.data[at - nx]!) / dy;
      }
    }
  const spectra = flatSpectra(original, enhanced, above, range);
  return {
    mean: level / Math.max(1, count),
    noise: median(noise.data),
    beyondNoise: beyond / Math.max(1, count),
    ...byEdges(
      original,
      enhanced,
      slope,
      [steepest(slope, EDGES * count), steepest(slope, count / 2)],
      range,
    ),
    ...spectra,
  };
}

function byEdges(
  original: Volume,
  enhanced: Volume,
  slope: Float32Array,
  [steep, even]: readonly [number, number],
  [low, high]: readonly [number, number],
): Pick<Residual, 'edgeRatio' | 'bias'> {
  let [edge, edges, flat, flats, bias, inRange] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < slope.length; at++) {
    if (slope[at] === 0) continue;
    const change = enhanced.data[at]! - original.data[at]!;
    if (slope[at]! >= steep) {
      edge += Math.abs(change);
      edges++;
      continue;
    }
    flat += Math.abs(change);
    flats++;
    if (slope[at]! > even || !(enhanced.data[at]! >= low && enhanced.data[at]! <= high)) continue;
    bias += change;
    inRange++;
  }
  const [onEdges, elsewhere] = [edge / Math.max(1, edges), flat / Math.max(1, flats)];
  return {
    edgeRatio: elsewhere > 0 ? onEdges / elsewhere : onEdges > 0 ? Number.MAX_VALUE : 1,
    bias: bias / Math.max(1, inRange),
  };
}

/** Spectra of original and change in the flattest squares of the image. */
function flatSpectra(
  original: Volume,
  enhanced: Volume,
  above: number,
  [low, high]: readonly [number, number],
): Pick<Residual, 'powerRatio' | 'frequencyRatio'> {
  const [nx, ny, nz] = original.size;
  const places: { i: number; j: number; k: number; spread: number }[] = [];
  for (let k = 0; k < nz; k += Math.max(1, Math.floor(nz / 24)))
    for (let j = 0; j + PATCH <= ny; j += PATCH / 2)
      for (let i = 0; i + PATCH <= nx; i += PATCH / 2) {
        const { mean, spread } = levelAt(enhanced, i, j, k);
        if (mean > Math.max(above, low) && mean < high) places.push({ i, j, k, spread });
      }
  places.sort((a, b) => a.spread - b.spread);
  const most = FLAT * (places[0]?.spread ?? 0);
  const flat = places.filter(({ spread }) => spread <= most).slice(0, PATCHES);
  if (flat.length < FEWEST_PATCHES) return { powerRatio: undefined, frequencyRatio: undefined };
  const [dx, dy] = original.spacingMm;
  const before = flat.map(({ i, j, k }) => patchAt(original, i, j, k, PATCH));
  const after = flat.map(({ i, j, k }) => patchAt(enhanced, i, j, k, PATCH));
  const removed = before.map(
    (patch, n): Patch => ({ ...patch, values: patch.values.map((v, at) => after[n]!.values[at]! - v) }),
  );
  const [noise, change] = [noisePower(before, [dx, dy]), noisePower(removed, [dx, dy])];
  if (!(change.variance > 0)) return { powerRatio: 0, frequencyRatio: undefined };
  return {
    powerRatio: change.variance / noise.variance,
    frequencyRatio: radialNoisePower(change).meanPerMm / radialNoisePower(noise).meanPerMm,
  };
}

/** Mean of a square and the sum of the squares of what its values differ by from it. */
function levelAt({ data, size }: Volume, i: number, j: number, k: number): { mean: number; spread: number } {
  const first = i + size[0] * (j + size[1] * k);
  const level = data[first]!;
  let [sum, squares] = [0, 0];
  for (let y = 0; y < PATCH; y++)
    for (let x = 0; x < PATCH; x++) {
      const value = data[first + x + size[0] * y]! - level;
      sum += value;
      squares += value * value;
    }
  const count = PATCH * PATCH;
  return { mean: level + sum / count, spread: squares - (sum * sum) / count };
}
