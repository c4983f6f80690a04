import type { Box } from '../../boxes.ts';
import type { Vec3 } from '../../volume.ts';
import { type Arena, boxCount, type Source } from '../arena.ts';

/** Non-local means of a tile that spans whole rows. */
export interface NonlocalTask {
  readonly guide: Source;
  readonly values: Source;
  readonly target: Source;
  readonly size: Vec3;
  readonly rows: readonly [number, number];
  readonly planes: readonly [number, number];
  readonly search: Vec3;
  readonly patch: Vec3;
  readonly pitch: number;
  /** Weights of the shifts of the half space, in the order of the kernel. */
  readonly share: readonly number[];
  /** Weight of a voxel in its own mean. */
  readonly own: number;
  /** Values are magnitudes of Rician noise: their squares are averaged and freed of `rician`/scale. 0: no. */
  readonly rician: number;
  /** Factor of squared differences on a coarse grid; voxel n lies at (n + 0.5)·size/full − 0.5 of it. */
  readonly scale: { readonly size: Vec3; readonly step: Vec3; readonly values: readonly number[] };
}

/** Vectors may read this far beyond a row. */
const OVERRUN = 8;
const JOB_BYTES = 84;

function margins({ search, patch }: Pick<NonlocalTask, 'search' | 'patch'>): Vec3 {
  return [search[0] + patch[0] + OVERRUN, search[1] + patch[1], search[2] + patch[2]];
}

/** Bytes of arena that `nonlocal` takes for a tile. */
export function nonlocalBytes(
  task: Pick<NonlocalTask, 'search' | 'patch' | 'size' | 'share' | 'scale'>,
  rows: number,
  planes: number,
): number {
  const [mx, my, mz] = margins(task);
  const row = task.size[0] + 2 * mx;
  const padded = row * (rows + 2 * my) * (planes + 2 * mz);
  const tile = task.size[0] * rows * planes;
  const lines = row * (rows + 2 * my) * (2 * task.patch[2] + 3);
  return 4 * (5 * padded + 4 * tile + lines + task.share.length + 4 * row) + 8192;
}

const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);

/** The tile with its margins, edges repeated; its address. */
function padded(arena: Arena, source: Source, task: NonlocalTask): number {
  const [nx, ny, nz] = task.size;
  const [mx, my, mz] = margins(task);
  const row = nx + 2 * mx;
  const rows = [clamp(task.rows[0] - my, ny), clamp(task.rows[1] + my - 1, ny) + 1] as const;
  const planes = [clamp(task.planes[0] - mz, nz), clamp(task.planes[1] + mz - 1, nz) + 1] as const;
  const high = task.rows[1] - task.rows[0] + 2 * my;
  const deep = task.planes[1] - task.planes[0] + 2 * mz;
  const address = arena.take(row * high * deep * 4);
  const box: Box = {
    start: [0, rows[0], planes[0]],
    size: [nx, rows[1] - rows[0], planes[1] - planes[0]],
  };
  const mark = arena.mark;
  const raw = arena.view('float32', arena.fetchFloats(source, box), boxCount(box));
  const out = arena.view('float32', address, row * high * deep);
  for (let k = 0; k < deep; k++)
    for (let j = 0; j < high; j++) {
      const y = clamp(task.rows[0] - my + j, ny) - rows[0];
      const z = clamp(task.planes[0] - mz + k, nz) - planes[0];
      const from = nx * (y + box.size[1] * z);
      const to = row * (j + high * k);
      out.fill(raw[from]!, to, to + mx);
      out.set(raw.subarray(from, from + nx), to + mx);
      out.fill(raw[from + nx - 1]!, to + mx + nx, to + row);
    }
  arena.release(mark);
  return address;
}

/** The scale of squared differences for every voxel of the padded tile: linear between the centres of the map. */
function scales(arena: Arena, task: NonlocalTask): number {
  const [mx, my, mz] = margins(task);
  const row = task.size[0] + 2 * mx;
  const high = task.rows[1] - task.rows[0] + 2 * my;
  const deep = task.planes[1] - task.planes[0] + 2 * mz;
  const address = arena.take(row * high * deep * 4);
  const out = arena.view('float32', address, row * high * deep);
  const { size, step, values } = task.scale;
  const place = (voxel: number, axis: number) => {
    const at = Math.min(Math.max((voxel + 0.5) / step[axis]! - 0.5, 0), size[axis]! - 1);
    const low = Math.min(Math.floor(at), Math.max(0, size[axis]! - 2));
    return { low, high: Math.min(low + 1, size[axis]! - 1), part: at - low };
  };
  const columns = Array.from({ length: row }, (_, x) => place(x - mx, 0));
  const line = new Float64Array(size[0]);
  for (let k = 0; k < deep; k++) {
    const z = place(task.planes[0] - mz + k, 2);
    for (let j = 0; j < high; j++) {
      const y = place(task.rows[0] - my + j, 1);
      for (let i = 0; i < size[0]; i++) {
        const at = (jj: number, kk: number) => values[i + size[0] * (jj + size[1] * kk)]!;
        const near = at(y.low, z.low) * (1 - y.part) + at(y.high, z.low) * y.part;
        const far = at(y.low, z.high) * (1 - y.part) + at(y.high, z.high) * y.part;
        line[i] = near * (1 - z.part) + far * z.part;
      }
      const to = row * (j + high * k);
      for (let x = 0; x < row; x++) {
        const { low, high: next, part } = columns[x]!;
        out[to + x] = line[low]! * (1 - part) + line[next]! * part;
      }
    }
  }
  return address;
}

export function nonlocal(arena: Arena, task: NonlocalTask): void {
  const { size, rows, planes } = task;
  const tile: Box = {
    start: [0, rows[0], planes[0]],
    size: [size[0], rows[1] - rows[0], planes[1] - planes[0]],
  };
  const [mx, my, mz] = margins(task);
  const count = boxCount(tile);
  const guide = padded(arena, task.guide, task);
  const isOwnGuide = task.values.data === task.guide.data && task.rician === 0;
  const values = isOwnGuide ? guide : padded(arena, task.values, task);
  const row = size[0] + 2 * mx;
  const all = row * (tile.size[1] + 2 * my) * (tile.size[2] + 2 * mz);
  if (task.rician > 0) {
    const magnitudes = arena.view('float32', values, all);
    for (let n = 0; n < all; n++) magnitudes[n] = magnitudes[n]! * magnitudes[n]!;
  }
  const scale = scales(arena, task);
  const share = arena.floats(task.share);
  const out = arena.take(count * 4);
  const lines = row * (tile.size[1] + 2 * my) * (2 * task.patch[2] + 3);
  const scratch = arena.take((2 * count + lines + 2 * row) * 4);
  const job = arena.take(JOB_BYTES);
  const numbers = [...tile.size, mx, my, mz, ...task.search, ...task.patch, task.pitch];
  const integers = arena.view('int32', job, JOB_BYTES / 4);
  integers.set(numbers);
  arena.view('float32', job + 4 * numbers.length, 2).set([task.own, task.rician]);
  integers.set([guide, values, scale, share, out, scratch], numbers.length + 2);
  arena.kernels.nonlocal_means(job);
  arena.storeFloats(task.target, tile, out);
}
