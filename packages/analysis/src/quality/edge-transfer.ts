import { gaussian, requireSameGrid, type Vec3, type Volume } from '@photopeak/imaging';
import { type EdgeProfile, edgeWidthMm, filled, taskTransfer } from './task-transfer.ts';

/** Edges of about one contrast, in both images. */
export interface EdgeTransfer {
  readonly edges: number;
  /** From 10 to 90 % of the step, mm. */
  readonly widthMm: readonly [number | undefined, number | undefined];
  /** Frequency at which half of the task is transferred, per mm; undefined beyond Nyquist. */
  readonly halfPerMm: readonly [number | undefined, number | undefined];
}

/** Contrasts of edges: from (inclusive) to (exclusive), in the unit of the image. */
export type ContrastRange = readonly [number, number];

/** Pixels on either side of an edge. */
const REACH = 8;
/** Pixels along an edge that are taken with it. */
const ALONG = 1;
const SAMPLES_PER_PIXEL = 8;
const SMOOTHING_PIXELS = 1;
/** From here on to either side is plateau, and it must be as level as this share of the contrast. */
const PLATEAU_FROM = 5;
const LEVEL = 0.15;
const MOST_EDGES = 4000;
const FEWEST_EDGES = 40;

/**
 * What an enhancement did to edges that lie alone in the image, at a contrast: pixels around each by their distance from it,
 * averaged over all of them in steps of an eighth of a pixel (edge spread function), and from that the width and the task
 * transfer of original and result. Edges are found in the smoothed original, so that both images are sampled at the
 * same places; where they are found to within a fraction of a pixel both profiles are wider by that. Undefined with fewer
 * than 40 edges, and where pixels are not square. Throws `IMAGING_GRID_MISMATCH`.
 */
export async function edgeTransfer(
  original: Volume,
  result: Volume,
  ranges: readonly ContrastRange[],
): Promise<(EdgeTransfer | undefined)[]> {
  requireSameGrid(original, result, 'the transfer of edges');
  const [dx, dy] = original.spacingMm;
  if (Math.abs(dx - dy) > 1e-3 * dx) return ranges.map(() => undefined);
  const sums = ranges.map(() => new EdgeSums());
  const [nx, ny, nz] = original.size;
  const area = nx * ny;
  for (let k = 0; k < nz; k++) {
    const size: Vec3 = [nx, ny, 1];
    const part = (volume: Volume): Volume => ({
      ...volume,
      size,
      data: volume.data.slice(k * area, (k + 1) * area),
    });
    const [before, after] = [part(original), part(result)];
    const smooth = await gaussian(before, { sigmaMm: [SMOOTHING_PIXELS * dx, SMOOTHING_PIXELS * dy, 0] });
    addPlane(smooth.data, before.data, after.data, nx, ny, ranges, sums);
  }
  return sums.map((sum) => sum.transfer(dx));
}

function addPlane(
  smooth: Float32Array,
  before: Volume['data'],
  after: Volume['data'],
  nx: number,
  ny: number,
  ranges: readonly ContrastRange[],
  sums: readonly EdgeSums[],
): void {
  const least = Math.min(...ranges.map(([from]) => from));
  const margin = REACH + ALONG + 1;
  const slope = (i: number, j: number) =>
    Math.hypot(
      at(smooth, nx, i + 0.5, j) - at(smooth, nx, i - 0.5, j),
      at(smooth, nx, i, j + 0.5) - at(smooth, nx, i, j - 0.5),
    );
  for (let j = margin; j < ny - margin; j++)
    for (let i = margin; i < nx - margin; i++) {
      const here = i + nx * j;
      const gx = (smooth[here + 1]! - smooth[here - 1]!) / 2;
      const gy = (smooth[here + nx]! - smooth[here - nx]!) / 2;
      const steep = Math.hypot(gx, gy);
      // An edge of this contrast under the smoothing is at least so steep.
      if (!(steep > least / 8)) continue;
      const [x, y] = [gx / steep, gy / steep];
      const [low, high] = [plateau(smooth, nx, i, j, -x, -y), plateau(smooth, nx, i, j, x, y)];
      const contrast = high.level - low.level;
      const n = ranges.findIndex(([from, to]) => contrast >= from && contrast < to);
      if (n < 0 || sums[n]!.edges >= MOST_EDGES) continue;
      if (Math.max(low.spread, high.spread) > LEVEL * contrast) continue;
      // The steepest place along its own normal, between neighbours by a parabola.
      const [a, b, c] = [slope(i - x, j - y), slope(i, j), slope(i + x, j + y)];
      if (!(b >= a && b > c)) continue;
      const shift = (0.5 * (a - c)) / (a - 2 * b + c);
      sums[n]!.add(before, after, nx, i, j, x, y, shift, low.level, contrast);
    }
}

/** Bilinear. */
function at(values: ArrayLike<number>, nx: number, x: number, y: number): number {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - i, y - j];
  const here = i + nx * j;
  const upper = values[here]! * (1 - u) + values[here + 1]! * u;
  const lower = values[here + nx]! * (1 - u) + values[here + nx + 1]! * u;
  return upper * (1 - v) + lower * v;
}

function plateau(smooth: Float32Array, nx: number, i: number, j: number, x: number, y: number) {
  let [sum, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let t = PLATEAU_FROM; t <= REACH; t++) {
    const value = at(smooth, nx, i + t * x, j + t * y);
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { level: sum / (REACH - PLATEAU_FROM + 1), spread: high - low };
}

/** Sums of normalised values by their distance from the edge. */
class EdgeSums {
  edges = 0;
  readonly #before = new Float64Array(2 * REACH * SAMPLES_PER_PIXEL);
  readonly #after = new Float64Array(2 * REACH * SAMPLES_PER_PIXEL);
  readonly #counts = new Float64Array(2 * REACH * SAMPLES_PER_PIXEL);

  add(
    before: ArrayLike<number>,
    after: ArrayLike<number>,
    nx: number,
    i: number,
    j: number,
    x: number,
    y: number,
    shift: number,
    low: number,
    contrast: number,
  ): void {
    this.edges++;
    const reach = REACH + ALONG;
    for (let b = -reach; b <= reach; b++)
      for (let a = -reach; a <= reach; a++) {
        if (Math.abs(b * x - a * y) > ALONG) continue;
        const bin = Math.floor((a * x + b * y - shift + REACH) * SAMPLES_PER_PIXEL);
        if (bin < 0 || bin >= this.#counts.length) continue;
        const here = i + a + nx * (j + b);
        this.#before[bin]! += (before[here]! - low) / contrast;
        this.#after[bin]! += (after[here]! - low) / contrast;
        this.#counts[bin]!++;
      }
  }

  transfer(pixelMm: number): EdgeTransfer | undefined {
    if (this.edges < FEWEST_EDGES) return undefined;
    const profiles = [this.#before, this.#after].map((sums) => this.#profile(sums, pixelMm));
    const both = <T>(use: (profile: EdgeProfile) => T) => profiles.map(use) as unknown as readonly [T, T];
    return {
      edges: this.edges,
      widthMm: both(edgeWidthMm),
      halfPerMm: both((profile) => taskTransfer(profile, pixelMm).mtf50PerMm),
    };
  }

  #profile(sums: Float64Array, pixelMm: number): EdgeProfile {
    const values = filled(sums, this.#counts);
    const quarter = values.length >> 2;
    const mean = (part: Float64Array) => part.reduce((sum, value) => sum + value, 0) / part.length;
    return {
      startMm: -REACH * pixelMm,
      stepMm: pixelMm / SAMPLES_PER_PIXEL,
      values,
      contrast: mean(values.subarray(0, quarter)) - mean(values.subarray(-quarter)),
    };
  }
}
