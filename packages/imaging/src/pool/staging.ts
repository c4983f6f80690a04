import type { Box } from '../boxes.ts';
import type { Volume, VoxelArray } from '../volume.ts';
import { bytesPerVoxel, voxelType, voxelView } from '../voxels.ts';
import type { Source } from './arena.ts';

/** Arena that one piece of work is planned for. */
export const PIECE_BYTES = 32 * 2 ** 20;

export function isShared(data: VoxelArray): boolean {
  return data.buffer instanceof SharedArrayBuffer;
}

export function wholeSource({ data, size }: Pick<Volume, 'data' | 'size'>): Source {
  return { data, start: [0, 0, 0], size };
}

/** Shared buffers that staged boxes may use again: waiting for the garbage collector would hold hundreds of them. */
const idle: SharedArrayBuffer[] = [];
const BUFFER_STEP = 1 << 20;
const KEPT_IDLE_BYTES = 64 * 2 ** 20;

/** Shared buffers lent to one piece of work; given back when it is done. */
export class Lease {
  readonly #buffers: SharedArrayBuffer[] = [];

  take(bytes: number): SharedArrayBuffer {
    const fitting = idle
      .filter(({ byteLength }) => byteLength >= bytes)
      .sort((a, b) => a.byteLength - b.byteLength)[0];
    const buffer = fitting ?? new SharedArrayBuffer(Math.ceil(bytes / BUFFER_STEP) * BUFFER_STEP);
    if (fitting !== undefined) idle.splice(idle.indexOf(fitting), 1);
    this.#buffers.push(buffer);
    return buffer;
  }

  release(): void {
    idle.push(...this.#buffers.splice(0));
    while (idle.reduce((sum, { byteLength }) => sum + byteLength, 0) > KEPT_IDLE_BYTES) idle.shift();
  }
}

/** What a worker needs to read a box: the volume itself where memory is shared, else a shared copy of the box. */
export function stage(volume: Pick<Volume, 'data' | 'size'>, box: Box, lease: Lease): Source {
  if (isShared(volume.data)) return wholeSource(volume);
  const type = voxelType(volume.data);
  const count = box.size[0] * box.size[1] * box.size[2];
  const copy = voxelView(type, lease.take(count * bytesPerVoxel(type)), 0, count);
  const [nx, ny] = volume.size;
  let to = 0;
  for (let k = 0; k < box.size[2]; k++) {
    for (let j = 0; j < box.size[1]; j++) {
      const from = box.start[0] + nx * (box.start[1] + j + ny * (box.start[2] + k));
      copy.set(volume.data.subarray(from, from + box.size[0]), to);
      to += box.size[0];
    }
  }
  return { data: copy, start: box.start, size: box.size };
}

/** Splits 0..n into `parts` nearly equal ranges, none empty. */
export function ranges(n: number, parts: number): (readonly [number, number])[] {
  const count = Math.max(1, Math.min(n, Math.ceil(parts)));
  return Array.from({ length: count }, (_, part) => [
    Math.floor((n * part) / count),
    Math.floor((n * (part + 1)) / count),
  ]);
}
