import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';
import { widened } from './smooth.ts';

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
    arena.kernels.distance_x(mask, 0, squared, nx, ny, mmX);
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

/** Dilation by a ball in a tile of whole rows (erosion: of what is outside the mask, inverted again). */
export interface BallTask {
  readonly source: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  /** Largest squared distance that counts as inside the ball, in mm². */
  readonly limitMm2: number;
  readonly erode: boolean;
  /** Voxels that the ball reaches along y and z. */
  readonly reach: readonly [number, number];
  readonly rows: readonly [number, number];
  readonly planes: readonly [number, number];
}

/** Bytes of arena that `ball` takes for a tile read with its margins. */
export function ballBytes([nx]: Vec3, readRows: number, readPlanes: number, elementBytes: number): number {
  return (
    nx * readRows * readPlanes * (6 + elementBytes) + linesScratchBytes(Math.max(readRows, readPlanes)) + 4096
  );
}

export function ball(arena: Arena, task: BallTask): void {
  const [nx, ny, nz] = task.size;
  const [mmX, mmY, mmZ] = task.spacingMm;
  const rows = widened(task.rows, task.reach[0], ny);
  const planes = widened(task.planes, task.reach[1], nz);
  const height = rows[1] - rows[0];
  const depth = planes[1] - planes[0];
  const box: Box = { start: [0, rows[0], planes[0]], size: [nx, height, depth] };
  const mask = arena.fetchMask(task.source, box);
  const squared = arena.take(boxCount(box) * 4);
  const scratch = arena.take(linesScratchBytes(Math.max(height, depth)));
  const { kernels } = arena;
  kernels.distance_x(mask, task.erode ? 1 : 0, squared, nx, height * depth, mmX);
  for (let z = 0; z < depth; z++) {
    kernels.distance_lines(squared + z * nx * height * 4, nx, 1, height, nx, mmY, 0, scratch);
  }
  kernels.distance_lines(squared, nx * height, 1, depth, nx * height, mmZ, 0, scratch);
  kernels.within(squared, task.limitMm2, task.erode ? 1 : 0, mask, boxCount(box));
  const tile: Box = {
    start: [0, task.rows[0], task.planes[0]],
    size: [nx, task.rows[1] - task.rows[0], task.planes[1] - task.planes[0]],
  };
  // The tile lies within the box that was read: store it plane by plane.
  for (let z = task.planes[0]; z < task.planes[1]; z++) {
    const from = mask + nx * (task.rows[0] - rows[0] + height * (z - planes[0]));
    arena.store(task.target, { start: [0, tile.start[1], z], size: [nx, tile.size[1], 1] }, from);
  }
}
