import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import type { Arena, Source } from '../arena.ts';

/** Squared distance within each of some planes, in mm². */
export interface PlaneDistanceTask {
  readonly source: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  readonly planes: readonly [number, number];
}

export function linesScratchBytes(n: number): number {
  return n * 28 + 64;
}

/** Bytes of arena that `planeDistance` takes. */
export function planeDistanceBytes([nx, ny]: Vec3, elementBytes: number): number {
  return nx * ny * (5 + elementBytes) + linesScratchBytes(Math.max(nx, ny)) + 4096;
}

export function planeDistance(arena: Arena, task: PlaneDistanceTask): void {
  const [nx, ny] = task.size;
  const [mmX, mmY] = task.spacingMm;
  const start = arena.mark;
  for (let z = task.planes[0]; z < task.planes[1]; z++) {
    const box: Box = { start: [0, 0, z], size: [nx, ny, 1] };
    const mask = arena.fetchMask(task.source, box);
    const squared = arena.take(nx * ny * 4);
    const scratch = arena.take(linesScratchBytes(ny));
    arena.kernels.distance_x(mask, squared, nx, ny, mmX);
    arena.kernels.distance_lines(squared, nx, 1, ny, nx, mmY, 0, scratch);
    arena.store(task.target, box, squared);
    arena.release(start);
  }
}

/** The last axis, in place: from squared distances within planes to distances in mm. */
export interface ColumnDistanceTask {
  readonly target: Source;
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  readonly rows: readonly [number, number];
}

/** Bytes of arena that `columnDistance` takes. */
export function columnDistanceBytes([nx, , nz]: Vec3, rows: number): number {
  return nx * nz * rows * 4 + linesScratchBytes(nz) + 4096;
}

export function columnDistance(arena: Arena, task: ColumnDistanceTask): void {
  const [nx, , nz] = task.size;
  const rows = task.rows[1] - task.rows[0];
  const box: Box = { start: [0, task.rows[0], 0], size: [nx, rows, nz] };
  const squared = arena.fetch(task.target, box);
  const scratch = arena.take(linesScratchBytes(nz));
  arena.kernels.distance_lines(squared, nx * rows, 1, nz, nx * rows, task.spacingMm[2], 1, scratch);
  arena.store(task.target, box, squared);
}
