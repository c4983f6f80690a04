import type { Box } from '../boxes.ts';
import type { Vec3, VoxelArray } from '../volume.ts';
import { bytesPerVoxel, type VoxelType, voxelType, voxelView } from '../voxels.ts';
import type { Kernels } from './kernels.ts';
import { typeCodes } from './layout.ts';

/** Voxels a task reads: all of a volume, or the box of it that was staged for the task. */
export interface Source {
  readonly data: VoxelArray;
  /** Where `data` lies in the volume. */
  readonly start: Vec3;
  readonly size: Vec3;
}

const ALIGNMENT = 16;

/** The part of the shared memory that one task may use, given out piece by piece. */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  readonly #end: number;
  #next: number;

  constructor(kernels: Kernels, memory: WebAssembly.Memory, base: number, bytes: number) {
    this.kernels = kernels;
    this.#memory = memory;
    this.#base = base;
    this.#end = base + bytes;
    this.#next = base;
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  /** The address of `bytes` unused bytes, aligned for vectors. */
  take(bytes: number): number {
    const address = this.#next;
    this.#next = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.#next > this.#end) {
      throw new RangeError(
        `a task needs ${this.#next - this.#base} bytes of its arena of ${this.#end - this.#base}`,
      );
    }
    return address;
  }

  view<T extends VoxelType>(type: T, address: number, length: number) {
    return voxelView(type, this.#memory.buffer, address, length);
  }

  /** Room for floats that holds `values`. */
  floats(values: ArrayLike<number>): number {
    const address = this.take(values.length * 4);
    this.view('float32', address, values.length).set(values);
    return address;
  }

  /** Copies a box of a volume here in its own type. */
  fetch(source: Source, box: Box): number {
    const type = voxelType(source.data);
    const address = this.take(boxCount(box) * bytesPerVoxel(type));
    this.fetchTo(source, box, address);
    return address;
  }

  fetchTo(source: Source, box: Box, address: number): void {
    const target = this.view(voxelType(source.data), address, boxCount(box));
    forRuns(source, box, (at, from, length) => target.set(source.data.subarray(at, at + length), from));
  }

  /** Copies a box of a volume here as floats. */
  fetchFloats(source: Source, box: Box): number {
    const type = voxelType(source.data);
    if (type === 'float32') return this.fetch(source, box);
    const count = boxCount(box);
    const address = this.take(count * 4);
    const raw = this.fetch(source, box);
    this.kernels.to_float(typeCodes[type], raw, address, count);
    return address;
  }

  /** Copies a box of a volume here as bytes 0 and 1. */
  fetchMask(source: Source, box: Box): number {
    const count = boxCount(box);
    const raw = this.fetch(source, box);
    const address = this.take(count + 8);
    this.kernels.to_mask(typeCodes[voxelType(source.data)], raw, address, count);
    return address;
  }

  /** Writes elements at an address, of the target's type, to a box of the target. */
  store(target: Source, box: Box, address: number): void {
    const values = this.view(voxelType(target.data), address, boxCount(box));
    forRuns(target, box, (at, from, length) => target.data.set(values.subarray(from, from + length), at));
  }

  /** Writes floats at an address to a box of the target, in its type. */
  storeFloats(target: Source, box: Box, address: number): void {
    const type = voxelType(target.data);
    if (type === 'float32') {
      this.store(target, box, address);
      return;
    }
    const count = boxCount(box);
    const raw = this.take(count * bytesPerVoxel(type));
    this.kernels.from_float(typeCodes[type], address, raw, count);
    this.store(target, box, raw);
  }

  /** Forgets everything taken since `mark`. */
  release(mark: number): void {
    this.#next = mark;
  }

  get mark(): number {
    return this.#next;
  }
}

export function boxCount(box: Box): number {
  return box.size[0] * box.size[1] * box.size[2];
}

/** Calls `run` for each longest contiguous run: its place in the data, its place in the box, its length. */
function forRuns(
  { start, size }: Source,
  box: Box,
  run: (at: number, from: number, length: number) => void,
): void {
  const wholeRows = box.size[0] === size[0];
  const wholePlanes = wholeRows && box.size[1] === size[1];
  const length = box.size[0] * (wholeRows ? box.size[1] : 1) * (wholePlanes ? box.size[2] : 1);
  const rows = wholeRows ? 1 : box.size[1];
  const planes = wholePlanes ? 1 : box.size[2];
  let from = 0;
  for (let k = 0; k < planes; k++) {
    for (let j = 0; j < rows; j++) {
      const at =
        box.start[0] -
        start[0] +
        size[0] * (box.start[1] - start[1] + j + size[1] * (box.start[2] - start[2] + k));
      run(at, from, length);
      from += length;
    }
  }
}
