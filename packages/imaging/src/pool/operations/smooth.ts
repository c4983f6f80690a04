import type { Vec3 } from '../../volume.ts';
import { voxelType } from '../../voxels.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';

/** Smooths a block of rows of a range of planes; a window of filtered planes moves along z. */
export interface SmoothTask {
  readonly source: Source;
  readonly target: Source;
  /** Size of the volume. */
  readonly size: Vec3;
  /** Rows and planes to write: from (inclusive), to (exclusive). */
  readonly rows: readonly [number, number];
  readonly planes: readonly [number, number];
  /** Weights of taps 0..radius along each axis. */
  readonly taps: readonly [readonly number[], readonly number[], readonly number[]];
  /** With spacings in mm: write the magnitude of the gradient of the smoothed volume instead. */
  readonly gradientMm?: Vec3;
}

/** Rows that must be read, or smoothed, around rows `from..to`. */
export function widened([from, to]: readonly [number, number], by: number, n: number): [number, number] {
  return [Math.max(0, from - by), Math.min(n, to + by)];
}

/** Bytes of arena that `smooth` takes for a block of `rows` rows. */
export function smoothBytes(
  task: Omit<SmoothTask, 'source' | 'target' | 'rows' | 'planes'>,
  rows: number,
): number {
  const [nx, , nz] = task.size;
  const [rx, ry, rz] = task.taps.map((taps) => taps.length - 1) as [number, number, number];
  const kept = rows + (task.gradientMm ? 2 : 0);
  const lines = Math.min(2 * rz + 1, nz) + (task.gradientMm ? 5 : 2);
  const read = kept + 2 * ry;
  const scratch = 16 * (Math.max(rx, ry, rz) + 4) + 8 * rx + 4 * nx;
  return 4 * nx * (lines * kept + 4 * read) + scratch + 4096;
}

export function smooth(arena: Arena, task: SmoothTask): void {
  const { source, target, size, taps, gradientMm } = task;
  const [nx, ny, nz] = size;
  const [rx, ry, rz] = taps.map((weights) => weights.length - 1) as [number, number, number];
  const weights = taps.map((axis) => arena.floats(axis)) as [number, number, number];
  const halo = gradientMm ? 1 : 0;
  const kept = widened(task.rows, halo, ny);
  const planes = widened(task.planes, halo, nz);
  const read = widened(kept, ry, ny);
  const keptCount = (kept[1] - kept[0]) * nx;
  const window = Math.min(2 * rz + 1, nz);
  const filtered = Array.from({ length: window }, () => arena.take(keptCount * 4));
  const smoothed = Array.from({ length: gradientMm ? 3 : 1 }, () => arena.take(keptCount * 4));
  const lineAddresses = arena.take((2 * rz + 1) * 4);
  const scratch = arena.take(16 * (Math.max(rx, ry, rz) + 4) + 8 * rx + 4 * nx);
  const gradient = gradientMm ? arena.take(keptCount * 4) : 0;
  const { kernels } = arena;

  const filterPlane = (z: number) => {
    const mark = arena.mark;
    const count = read[1] - read[0];
    const floats = arena.fetchFloats(source, { start: [0, read[0], z], size: [nx, count, 1] });
    const along = arena.take(count * nx * 4);
    kernels.convolve_x(floats, along, nx, count, weights[0], rx, scratch);
    const out = filtered[z % window]!;
    kernels.convolve_y(along, read[0], ny, out, kept[0], kept[1], nx, weights[1], ry, scratch);
    arena.release(mark);
  };
  const store = (z: number, address: number, rows: readonly [number, number]) => {
    const mark = arena.mark;
    const box = { start: [0, rows[0], z], size: [nx, rows[1] - rows[0], 1] } as const;
    arena.storeFloats(target, box, address);
    arena.release(mark);
  };
  const writeGradient = (z: number) => {
    const inverse = gradientMm!.map((mm) => 1 / mm) as unknown as Vec3;
    const low = Math.max(0, z - 1);
    const high = Math.min(nz - 1, z + 1);
    const row = (plane: number, y: number) => smoothed[plane % 3]! + (y - kept[0]) * nx * 4;
    const reach = (from: number, to: number, perMm: number) => (to === from ? 0 : perMm / (to - from));
    for (let y = task.rows[0]; y < task.rows[1]; y++) {
      const above = Math.max(0, y - 1);
      const below = Math.min(ny - 1, y + 1);
      kernels.gradient_row(
        row(z, y),
        row(z, above),
        row(z, below),
        row(low, y),
        row(high, y),
        gradient + (y - task.rows[0]) * nx * 4,
        nx,
        inverse[0] / 2,
        inverse[0],
        reach(above, below, inverse[1]),
        reach(low, high, inverse[2]),
      );
    }
    store(z, gradient, task.rows);
  };

  let next = Math.max(0, planes[0] - rz);
  for (let z = planes[0]; z < planes[1]; z++) {
    for (; next <= Math.min(nz - 1, z + rz); next++) filterPlane(next);
    const lines = arena.view('int32', lineAddresses, 2 * rz + 1);
    for (let tap = -rz; tap <= rz; tap++) {
      lines[tap + rz] = filtered[Math.min(Math.max(z + tap, 0), nz - 1) % window]!;
    }
    const out = smoothed[z % smoothed.length]!;
    kernels.convolve_z(lineAddresses, out, keptCount, weights[2], rz, scratch);
    if (!gradientMm) store(z, out, task.rows);
    else if (z - 1 >= task.planes[0] && z - 1 < task.planes[1]) writeGradient(z - 1);
  }
  if (gradientMm && task.planes[1] === nz) writeGradient(nz - 1);
}

/** Median of the block around each voxel of a tile that spans whole rows. */
export interface MedianTask {
  readonly source: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly rows: readonly [number, number];
  readonly planes: readonly [number, number];
  readonly radius: Vec3;
}

const FLOATS_READ_AT_ONCE = 4;

/** Bytes of arena that `median` takes. */
export function medianBytes([nx]: Vec3, [rx, ry, rz]: Vec3, rows: number, planes: number): number {
  const padded = nx + 2 * rx + FLOATS_READ_AT_ONCE;
  const block = (2 * rx + 1) * (2 * ry + 1) * (2 * rz + 1);
  return (
    (rows + 2 * ry) * (planes + 2 * rz) * (padded * 4 + nx * 12) + rows * planes * nx * 12 + block * 16 + 4096
  );
}

export function median(arena: Arena, { source, target, size, rows, planes, radius }: MedianTask): void {
  const [nx, ny, nz] = size;
  const [rx, ry, rz] = radius;
  const readRows = widened(rows, ry, ny);
  const readPlanes = widened(planes, rz, nz);
  const box = {
    start: [0, readRows[0], readPlanes[0]],
    size: [nx, readRows[1] - readRows[0], readPlanes[1] - readPlanes[0]],
  } as const;
  const length = nx + 2 * rx + FLOATS_READ_AT_ONCE;
  const padded = arena.take(box.size[1] * box.size[2] * length * 4);
  const raw = arena.fetchFloats(source, box);
  arena.kernels.pad_rows(6, raw, 4, box.size[1] * box.size[2], nx, rx, length, padded);
  const lineCount = (2 * ry + 1) * (2 * rz + 1);
  const lineAddresses = arena.take(lineCount * 4);
  const lines = arena.view('int32', lineAddresses, lineCount);
  const keep = arena.take(((lineCount * (2 * rx + 1)) / 2 + 4) * 16);
  const tile = {
    start: [0, rows[0], planes[0]],
    size: [nx, rows[1] - rows[0], planes[1] - planes[0]],
  } as const;
  const out = arena.take(boxCount(tile) * 4);
  const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);
  let at = out;
  for (let z = planes[0]; z < planes[1]; z++) {
    for (let y = rows[0]; y < rows[1]; y++, at += nx * 4) {
      let line = 0;
      for (let c = -rz; c <= rz; c++) {
        for (let b = -ry; b <= ry; b++) {
          const plane = clamp(z + c, nz) - readPlanes[0];
          lines[line++] = padded + (clamp(y + b, ny) - readRows[0] + box.size[1] * plane) * length * 4;
        }
      }
      arena.kernels.median_line(lineAddresses, lineCount, rx, at, nx, keep);
    }
  }
  if (voxelType(target.data) === 'float32') arena.store(target, tile, out);
  else arena.storeFloats(target, tile, out);
}
