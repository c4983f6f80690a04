import { emptyVolume } from './create.ts';
import { PhotopeakError } from './errors.ts';
import { toWorld } from './geometry.ts';
import type { Grid, Mask, Vec3, Volume, VoxelArray } from './volume.ts';
import { allocateVoxels, quantize, type VoxelType, voxelType } from './voxels.ts';

/** A block of voxels: from `start` (inclusive), `size` voxels along i, j, k. */
export interface Box {
  readonly start: Vec3;
  readonly size: Vec3;
}

function movedGrid(grid: Grid, box: Box): Grid {
  return {
    size: box.size,
    spacingMm: grid.spacingMm,
    origin: toWorld(grid, box.start),
    direction: grid.direction,
  };
}

function copyRows(
  source: VoxelArray,
  sourceSize: Vec3,
  target: VoxelArray,
  targetSize: Vec3,
  box: Box,
): void {
  // Rows of the target box that lie in the source; both arrays are of the same type.
  const i0 = Math.max(0, box.start[0]);
  const i1 = Math.min(sourceSize[0], box.start[0] + box.size[0]);
  if (i1 <= i0) return;
  for (let k = 0; k < box.size[2]; k++) {
    const sk = k + box.start[2];
    if (sk < 0 || sk >= sourceSize[2]) continue;
    for (let j = 0; j < box.size[1]; j++) {
      const sj = j + box.start[1];
      if (sj < 0 || sj >= sourceSize[1]) continue;
      const from = sourceSize[0] * (sj + sourceSize[1] * sk);
      target.set(
        source.subarray(from + i0, from + i1),
        i0 - box.start[0] + targetSize[0] * (j + targetSize[1] * k),
      );
    }
  }
}

/** The part of a volume inside a box. Throws `IMAGING_BOX_OUTSIDE` when the box leaves the volume. */
export function crop<T extends VoxelArray>(volume: Volume<T>, box: Box): Volume<T> {
  const inside = box.start.every(
    (from, axis) => from >= 0 && box.size[axis]! > 0 && from + box.size[axis]! <= volume.size[axis]!,
  );
  if (!inside) {
    throw new PhotopeakError('the box to cut out leaves the volume', {
      code: 'IMAGING_BOX_OUTSIDE',
      expected: `a box within ${volume.size.join(' × ')}`,
      found: `start ${box.start.join(', ')}, size ${box.size.join(' × ')}`,
      remedy: 'use pad() where voxels outside are wanted',
    });
  }
  return pad(volume, box, 0);
}

/** A volume cut and extended to any box (which may start below zero); new voxels hold `value`. */
export function pad<T extends VoxelArray>(volume: Volume<T>, box: Box, value: number): Volume<T> {
  const type = voxelType(volume.data);
  const padded = emptyVolume(movedGrid(volume, box), type, volume.unit);
  const fill = quantize(type, value);
  if (fill !== 0) padded.data.fill(fill);
  copyRows(volume.data, volume.size, padded.data, box.size, box);
  return padded as unknown as Volume<T>;
}

/** The smallest box around all non-zero voxels, or undefined for an empty mask. NaN counts as zero. */
export function boundingBox(volume: Volume): Box | undefined {
  const [ni, nj, nk] = volume.size;
  const { data } = volume;
  const low = [ni, nj, nk];
  const high = [-1, -1, -1];
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const row = ni * (j + nj * k);
      // Within the box so far only what lies to its left and right can make it larger.
      const isKnown = k <= high[2]! && j >= low[1]! && j <= high[1]!;
      const end = isKnown ? low[0]! : ni;
      let first = 0;
      while (first < end && !data[row + first]) first++;
      if (first === ni) continue;
      let last = ni - 1;
      while (last > high[0]! && !data[row + last]) last--;
      low[0] = Math.min(low[0]!, first);
      high[0] = Math.max(high[0]!, last);
      low[1] = Math.min(low[1]!, j);
      high[1] = Math.max(high[1]!, j);
      low[2] = Math.min(low[2]!, k);
      high[2] = k;
    }
  }
  if (high[0]! < 0) return undefined;
  return {
    start: low as unknown as Vec3,
    size: low.map((from, axis) => high[axis]! - from + 1) as unknown as Vec3,
  };
}

/** A box made larger by `margin` voxels on each side and cut at the edges of the grid. */
export function growBox(box: Box, margin: Vec3, grid: Grid): Box {
  const start = box.start.map((from, axis) => Math.max(0, from - margin[axis]!));
  const end = box.start.map((from, axis) =>
    Math.min(grid.size[axis]!, from + box.size[axis]! + margin[axis]!),
  );
  return {
    start: start as unknown as Vec3,
    size: end.map((to, axis) => to - start[axis]!) as unknown as Vec3,
  };
}

/**
 * Means of blocks of `factors` voxels, as Float32. Voxels left over at the far edges form smaller blocks only where
 * an axis is shorter than its factor; otherwise they are dropped. NaN makes its block NaN.
 */
export function downsample(volume: Volume, factors: Vec3): Volume<Float32Array> {
  const step = factors.map((factor, axis) => Math.max(1, Math.min(Math.trunc(factor), volume.size[axis]!)));
  const [fi, fj, fk] = step as [number, number, number];
  const size = volume.size.map((n, axis) => Math.floor(n / step[axis]!)) as unknown as Vec3;
  const [ni, nj, nk] = size;
  const [si, sj] = volume.size;
  const { data } = volume;
  const means = allocateVoxels('float32', ni * nj * nk);
  const sums = new Float64Array(ni);
  const scale = 1 / (fi * fj * fk);
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      sums.fill(0);
      for (let c = 0; c < fk; c++) {
        for (let b = 0; b < fj; b++) {
          let at = si * (j * fj + b + sj * (k * fk + c));
          for (let i = 0; i < ni; i++) {
            let sum = 0;
            for (let a = 0; a < fi; a++) sum += data[at++]!;
            sums[i]! += sum;
          }
        }
      }
      const row = ni * (j + nj * k);
      for (let i = 0; i < ni; i++) means[row + i] = sums[i]! * scale;
    }
  }
  const grid: Grid = {
    size,
    spacingMm: volume.spacingMm.map((mm, axis) => mm * step[axis]!) as unknown as Vec3,
    origin: toWorld(volume, [(fi - 1) / 2, (fj - 1) / 2, (fk - 1) / 2]),
    direction: volume.direction,
  };
  return { ...grid, data: means, unit: volume.unit };
}

/** The same values in another voxel type; integers are rounded and clamped, NaN becomes 0. */
export function convert<T extends VoxelType>(volume: Volume, type: T) {
  const converted = emptyVolume(volume, type, volume.unit);
  const { data } = volume;
  if (type === 'float32' || type === 'float64') {
    converted.data.set(data);
    return converted;
  }
  for (let index = 0; index < data.length; index++) converted.data[index] = quantize(type, data[index]!);
  return converted;
}

/** The voxels for which `inside(value)` holds. */
export function maskWhere(volume: Volume, inside: (value: number, index: number) => boolean): Mask {
  const mask = emptyVolume(volume, 'uint8', '1');
  const { data } = volume;
  for (let index = 0; index < data.length; index++) if (inside(data[index]!, index)) mask.data[index] = 1;
  return mask;
}

/**
 * The voxels of a mask for which `inside(index)` holds. Only they are asked for: several times as fast as `maskWhere`
 * where most of the volume is empty.
 */
export function maskWithin(mask: Mask, inside: (index: number) => boolean): Mask {
  const kept = emptyVolume(mask, 'uint8', '1');
  const from = mask.data;
  const to = kept.data;
  for (let index = 0; index < from.length; index++) if (from[index] !== 0 && inside(index)) to[index] = 1;
  return kept;
}

/** The voxels with `low ≤ value ≤ high`. */
export function threshold(volume: Volume, low: number, high = Number.POSITIVE_INFINITY): Mask {
  const mask = emptyVolume(volume, 'uint8', '1');
  const { data } = volume;
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!;
    if (value >= low && value <= high) mask.data[index] = 1;
  }
  return mask;
}
