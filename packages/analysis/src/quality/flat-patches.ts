import type { Volume } from '@photopeak/imaging';
import { detrend, type Patch, patchAt } from './patch.ts';

export interface FlatPatch {
  readonly patch: Patch;
  /** First pixel and slice. */
  readonly at: readonly [number, number, number];
  /** Its spread over the noise that the map has for its place. */
  readonly spread: number;
}

export interface FlatPatchOptions {
  /** Edge in pixels. */
  readonly size: number;
  /** Where the mean must lie; no voxel may lie further beyond than half of its width. */
  readonly range: readonly [number, number];
  /** Noise by place (`noiseMap`). */
  readonly map: Volume;
  /** Most patches to return, spread evenly over all that were found. Default 300. */
  readonly most?: number;
}

/** Spread of a patch over the noise of its place: more is anatomy, less is no noise. */
const SPREAD = [0.5, 1.2] as const;

/** Squares of one slice each that show nothing but noise, as far as one image can tell; they do not overlap. */
export function flatPatches(volume: Volume, options: FlatPatchOptions): FlatPatch[] {
  const { size, range, map, most = 300 } = options;
  const [nx, ny, nz] = volume.size;
  const found: FlatPatch[] = [];
  const slack = (range[1] - range[0]) / 2;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j + size <= ny; j += size)
      for (let i = 0; i + size <= nx; i += size) {
        if (!isTissue(volume, i, j, k, size, range[0] - slack, range[1] + slack)) continue;
        const patch = patchAt(volume, i, j, k, size);
        const mean = patch.values.reduce((sum, value) => sum + value, 0) / patch.values.length;
        if (mean < range[0] || mean > range[1]) continue;
        const rest = detrend(patch).values;
        const sd = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0) / (rest.length - 6));
        const spread = sd / noiseAt(map, volume, i + size / 2, j + size / 2, k);
        if (spread >= SPREAD[0] && spread <= SPREAD[1]) found.push({ patch, at: [i, j, k], spread });
      }
  const step = Math.max(1, found.length / most);
  return Array.from({ length: Math.min(most, found.length) }, (_, n) => found[Math.floor(n * step)]!);
}

function isTissue(
  { data, size }: Volume,
  i: number,
  j: number,
  k: number,
  edge: number,
  low: number,
  high: number,
) {
  for (let y = 0; y < edge; y++)
    for (let x = 0; x < edge; x++) {
      const value = data[i + x + size[0] * (j + y + size[1] * k)]!;
      if (!(value >= low && value <= high)) return false;
    }
  return true;
}

/** The cube of a map that a voxel lies in. */
function noiseAt(map: Volume, { spacingMm }: Volume, i: number, j: number, k: number): number {
  const [a, b, c] = [i, j, k].map((voxel, axis) =>
    Math.min(map.size[axis]! - 1, Math.floor(((voxel + 0.5) * spacingMm[axis]!) / map.spacingMm[axis]!)),
  ) as [number, number, number];
  return map.data[a + map.size[0] * (b + map.size[1] * c)]!;
}
