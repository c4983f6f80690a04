import type { Vec3 } from '@photopeak/imaging';
import { fillFromNeighbours } from '../neighbours.ts';

/** A robust standard deviation that changes from place to place: one value for each block of voxels. */
export interface ScaleMap {
  /** Voxels of a block along i, j, k. */
  readonly steps: Vec3;
  /** Blocks along i, j, k. */
  readonly size: Vec3;
  /** NaN where no block has enough voxels; else every block has a value. */
  readonly values: Float64Array;
  /** Voxels that told each block; 0 where its value is that of its neighbours. */
  readonly counts: Int32Array;
}

/** Blocks with fewer voxels take the value of their neighbours. */
const FEWEST_VOXELS = 100;
/** About as many voxels of a block are looked at, where it has more. */
const VOXELS = 1000;

export type ScalePart = keyof typeof QUANTILES;

/**
 * Which part of the absolute values tells the standard deviation, and what it is of a normal one. Anatomy adds to the
 * upper part alone: `lower` tells noise under anatomy, `middle` (the median) what stands out from all else.
 */
const QUANTILES = {
  middle: { part: 0.5, sigma: 0.6745 },
  lower: { part: 0.25, sigma: 0.3186 },
  most: { part: 0.8, sigma: 1.2816 },
} as const;

/** Standard deviation of `values` (mean 0) within the mask, block by block; `steps` voxels each. */
export function localScale(
  values: Float32Array,
  size: Vec3,
  mask: Uint8Array,
  steps: Vec3,
  part: ScalePart,
  voxels = VOXELS,
): ScaleMap {
  const [nx, ny, nz] = size;
  const blocks = size.map((n, axis) => Math.max(1, Math.round(n / steps[axis]!))) as unknown as Vec3;
  const [bx, by, bz] = blocks;
  const result = new Float64Array(bx * by * bz).fill(Number.NaN);
  const counts = new Int32Array(result.length);
  const found = new Float32Array(2 * voxels);
  const edge = (block: number, of: number, n: number) => Math.floor((block * n) / of);
  for (let c = 0; c < bz; c++)
    for (let b = 0; b < by; b++)
      for (let a = 0; a < bx; a++) {
        const [i0, i1] = [edge(a, bx, nx), edge(a + 1, bx, nx)];
        const [j0, j1] = [edge(b, by, ny), edge(b + 1, by, ny)];
        const [k0, k1] = [edge(c, bz, nz), edge(c + 1, bz, nz)];
        const every = Math.max(1, Math.floor(((i1 - i0) * (j1 - j0) * (k1 - k0)) / voxels));
        let count = 0;
        let turn = 0;
        for (let k = k0; k < k1; k++)
          for (let j = j0; j < j1; j++) {
            const row = nx * (j + ny * k);
            for (let i = i0 + (turn % every); i < i1; i += every) {
              if (mask[row + i] === 0 || count >= found.length) continue;
              found[count++] = Math.abs(values[row + i]!);
            }
            // Rows begin at another voxel each, so that a step as long as a row misses no column.
            turn += 7;
          }
        const block = a + bx * (b + by * c);
        if (count < Math.min(FEWEST_VOXELS, found.length)) continue;
        counts[block] = count;
        result[block] = quantile(found.subarray(0, count), QUANTILES[part].part) / QUANTILES[part].sigma;
      }
  fillFromNeighbours(result, blocks);
  return { steps, size: blocks, values: result, counts };
}

/** The value below which `part` of all lie (Hoare's selection; reorders). */
function quantile(values: Float32Array, part: number): number {
  const wanted = Math.floor(part * (values.length - 1));
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted]!;
}

/** Values of a map along rows of an image: linear along a row between the middles of blocks, in steps from row to row. */
export class ScaleRows {
  readonly #map: ScaleMap;
  readonly #size: Vec3;
  readonly #row: Float64Array;
  #base = -1;

  constructor(map: ScaleMap, size: Vec3) {
    this.#map = map;
    this.#size = size;
    this.#row = new Float64Array(size[0]);
  }

  /** Row j of plane k; valid until the next call. */
  at(j: number, k: number): Float64Array {
    const [bx, by, bz] = this.#map.size;
    const [nx, ny, nz] = this.#size;
    const b = Math.min(by - 1, Math.floor(((j + 0.5) * by) / ny));
    const c = Math.min(bz - 1, Math.floor(((k + 0.5) * bz) / nz));
    const base = bx * (b + by * c);
    if (base === this.#base) return this.#row;
    this.#base = base;
    const { values } = this.#map;
    for (let i = 0; i < nx; i++) {
      const at = Math.min(bx - 1, Math.max(0, ((i + 0.5) * bx) / nx - 0.5));
      const low = Math.floor(at);
      const part = at - low;
      const first = values[base + low]!;
      this.#row[i] = part === 0 ? first : first * (1 - part) + values[base + low + 1]! * part;
    }
    return this.#row;
  }
}
