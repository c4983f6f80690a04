import { emptyVolume, type Grid, type Volume } from '@photopeak/imaging';
import { median } from '../numbers/index.ts';
import { faceNeighbours, fillFromNeighbours } from './neighbours.ts';

export interface NoiseMapOptions {
  /** Only where the local mean lies in this range, in the unit of the image. CT: −200…200 HU. */
  readonly range: readonly [number, number];
  /** Edge of the cubes within which the noise is taken as one, mm. Default 32. */
  readonly cubeMm?: number;
}

/** Standard deviations are taken in windows of this many pixels, less a plane fitted to each. */
const WINDOW = 7;
/** Anatomy only ever adds to the spread of a window: the noise is told by the lower part, this one of all in a cube. */
const PART = 0.1;
const FEWEST_WINDOWS = 40;
/** Windows lie this many pixels apart. */
const STRIDE = 3;

/**
 * Noise (standard deviation in the unit of the image) that changes from place to place, from one image alone, on a
 * coarse grid over the same room: in each cube the lower part of the spreads of small windows, times what it takes in
 * the flattest cubes to come from there to the true spread. Cubes without tissue take the value of the nearest ones. All NaN where nothing
 * lies in the range.
 */
export function noiseMap(volume: Volume, options: NoiseMapOptions): Volume<Float32Array> {
  const grid = coarse(volume, options.cubeMm ?? 32);
  const spreads = windowSpreads(volume, grid, options.range);
  const map = emptyVolume(grid, 'float32', volume.unit);
  const ratio = spreadRatio(spreads);
  spreads.forEach((values, cube) => {
    map.data[cube] = values.length < FEWEST_WINDOWS ? Number.NaN : ratio * at(values, PART);
  });
  fillFromNeighbours(map.data, map.size);
  return smoothed(map);
}

function coarse(volume: Volume, cubeMm: number): Grid {
  const steps = volume.spacingMm.map((mm, axis) =>
    Math.min(volume.size[axis]!, Math.max(1, Math.round(cubeMm / mm))),
  );
  const size = volume.size.map((n, axis) => Math.ceil(n / steps[axis]!)) as unknown as Grid['size'];
  const { direction } = volume;
  const spacingMm = volume.spacingMm.map((mm, axis) => mm * steps[axis]!) as unknown as Grid['spacingMm'];
  const shift = steps.map((n, axis) => ((n - 1) / 2) * volume.spacingMm[axis]!);
  const origin = volume.origin.map(
    (mm, row) =>
      mm +
      direction[row * 3]! * shift[0]! +
      direction[row * 3 + 1]! * shift[1]! +
      direction[row * 3 + 2]! * shift[2]!,
  ) as unknown as Grid['origin'];
  return { size, spacingMm, origin, direction };
}

/** The spreads of all windows whose centre lies in a cube, of one that is wholly in the range, sorted. */
function windowSpreads(volume: Volume, grid: Grid, [low, high]: readonly [number, number]): Float32Array[] {
  const [nx, ny, nz] = volume.size;
  const steps = grid.spacingMm.map((mm, axis) => Math.round(mm / volume.spacingMm[axis]!));
  const lists: number[][] = Array.from({ length: grid.size[0] * grid.size[1] * grid.size[2] }, () => []);
  const half = (WINDOW - 1) / 2;
  const moment = (WINDOW * WINDOW * (WINDOW * WINDOW - 1)) / 12;
  const n = WINDOW * WINDOW;
  // No voxel of a window may be of something else altogether: noise may carry it out of the range by half of its width.
  const least = low - (high - low) / 2;
  const most = high + (high - low) / 2;
  for (let k = 0; k < nz; k++)
    for (let j = half; j < ny - half; j += STRIDE)
      for (let i = half; i < nx - half; i += STRIDE) {
        const centre = i + nx * (j + ny * k);
        const middle = volume.data[centre]!;
        if (!(middle > least && middle < most)) continue;
        let strangers = 0;
        let sum = 0;
        let squares = 0;
        let alongX = 0;
        let alongY = 0;
        for (let y = -half; y <= half; y++)
          for (let x = -half; x <= half; x++) {
            const found = volume.data[centre + x + nx * y]!;
            if (found < least || found > most) strangers++;
            const value = found - middle;
            sum += value;
            squares += value * value;
            alongX += x * value;
            alongY += y * value;
          }
        const mean = middle + sum / n;
        if (strangers > 0 || !(mean >= low && mean <= high)) continue;
        const rest = squares - (sum * sum) / n - (alongX * alongX + alongY * alongY) / moment;
        const cube =
          Math.floor(i / steps[0]!) +
          grid.size[0] * (Math.floor(j / steps[1]!) + grid.size[1] * Math.floor(k / steps[2]!));
        lists[cube]!.push(Math.sqrt(Math.max(0, rest) / (n - 3)));
      }
  return lists.map((list) => Float32Array.from(list).sort());
}

const at = (sorted: Float32Array, part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!;

/** True spread over the lower part of spreads: by the cubes whose spreads vary least, where there is only noise. */
function spreadRatio(spreads: readonly Float32Array[]): number {
  const usable = spreads.filter((values) => values.length >= FEWEST_WINDOWS);
  const flat = usable
    .map((values) => ({ values, breadth: at(values, 0.7) / at(values, 0.15) }))
    .sort((a, b) => a.breadth - b.breadth)
    .slice(0, Math.max(1, Math.ceil(usable.length / 5)));
  if (usable.length === 0) return 1;
  const ratios = flat.map(({ values }) => {
    // What belongs to noise alone, without the tail that edges make.
    const most = 1.35 * at(values, 0.5);
    const kept = values.filter((value) => value <= most);
    return Math.sqrt(kept.reduce((sum, value) => sum + value * value, 0) / kept.length) / at(values, PART);
  });
  return median(ratios);
}

/** Half of each cube's own value, half of its neighbours' mean. */
function smoothed(map: Volume<Float32Array>): Volume<Float32Array> {
  const before = Float32Array.from(map.data);
  for (let cube = 0; cube < before.length; cube++) {
    const around = faceNeighbours(cube, map.size);
    if (around.length === 0) continue;
    map.data[cube] =
      0.5 * before[cube]! + (0.5 * around.reduce((sum, n) => sum + before[n]!, 0)) / around.length;
  }
  return map;
}
