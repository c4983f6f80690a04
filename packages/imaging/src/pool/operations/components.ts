import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';

/** Labels the components of some planes for themselves, 1.. in the order of their first voxels. */
export interface LabelTask {
  readonly source: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly connectivity: number;
  readonly planes: readonly [number, number];
}

/** Bytes of arena that `labelSlab` takes per plane. */
export function labelBytesPerPlane([nx, ny]: Vec3, elementBytes: number): number {
  const runs = Math.ceil(nx / 2) * ny;
  return nx * ny * (elementBytes + 1 + 4) + runs * 16 + ny * 4;
}

/** Voxels of each component of the slab. */
export function labelSlab(arena: Arena, task: LabelTask): Int32Array {
  const [nx, ny] = task.size;
  const depth = task.planes[1] - task.planes[0];
  const box: Box = { start: [0, 0, task.planes[0]], size: [nx, ny, depth] };
  const mask = arena.fetchMask(task.source, box);
  const labels = arena.take(boxCount(box) * 4);
  const rows = arena.take((ny * depth + 1) * 4);
  const mostRuns = Math.ceil(nx / 2) * ny * depth;
  const runs = arena.take(mostRuns * 12);
  const sizes = arena.take(mostRuns * 4);
  const count = arena.kernels.label_slab(mask, nx, ny, depth, task.connectivity, labels, rows, runs, sizes);
  arena.store(task.target, box, labels);
  return new Int32Array(arena.view('int32', sizes, count));
}

/** Pairs of labels that touch across the seam below plane `plane`. */
export interface SeamTask {
  readonly target: Source;
  readonly size: Vec3;
  readonly connectivity: number;
  readonly plane: number;
}

/** Pairs (label below, label above), interleaved; each pair at least once. */
export function seam(_arena: Arena, { target, size, connectivity, plane }: SeamTask): Int32Array {
  const [nx, ny] = size;
  const labels = target.data as Int32Array;
  const above = nx * ny * plane;
  const below = above - nx * ny;
  const offsets: (readonly [number, number])[] = [];
  const reach = connectivity === 6 ? 0 : connectivity === 18 ? 1 : 2;
  for (let b = -1; b <= 1; b++)
    for (let a = -1; a <= 1; a++) if (Math.abs(a) + Math.abs(b) <= reach) offsets.push([a, b]);
  const pairs: number[] = [];
  const last = new Map<number, number>();
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      const upper = labels[above + x + nx * y]!;
      if (upper === 0) continue;
      for (const [a, b] of offsets) {
        if (x + a < 0 || x + a >= nx || y + b < 0 || y + b >= ny) continue;
        const lower = labels[below + x + a + nx * (y + b)]!;
        if (lower === 0 || last.get(upper) === lower) continue;
        last.set(upper, lower);
        pairs.push(lower, upper);
      }
    }
  }
  return Int32Array.from(pairs);
}

/** Replaces the labels of some planes: label l becomes `numbers[offset + l]`. */
export interface RelabelTask {
  readonly target: Source;
  readonly size: Vec3;
  readonly planes: readonly [number, number];
  readonly numbers: Int32Array;
  readonly offset: number;
}

export function relabel(_arena: Arena, { target, size, planes, numbers, offset }: RelabelTask): void {
  const labels = target.data as Int32Array;
  const end = size[0] * size[1] * planes[1];
  for (let index = size[0] * size[1] * planes[0]; index < end; index++) {
    const label = labels[index]!;
    if (label !== 0) labels[index] = numbers[offset + label]!;
  }
}
