import type { VoxelArrays, VoxelType } from '../voxels.ts';
import { bytesPerVoxel } from '../voxels.ts';
import { type CallTask, callBytes, type ResidentKernel } from './operations/call.ts';
import { runPieces, thePool, threads } from './pool.ts';
import { ranges } from './staging.ts';

/** Vector loads may read beyond the last element. */
const SLACK_BYTES = 64;

/** Memory of the kernels that one computation holds until it is released, and calls of kernels on it. */
export class Resident implements Disposable {
  readonly #held = new Set<number>();

  /** Room for `count` elements, zeroed. */
  take(type: VoxelType, count: number): number {
    const bytes = count * bytesPerVoxel(type) + SLACK_BYTES;
    const address = thePool().take(bytes);
    this.#held.add(address);
    this.view('uint8', address, bytes).fill(0);
    return address;
  }

  give(...addresses: readonly number[]): void {
    for (const address of addresses) if (this.#held.delete(address)) thePool().give(address);
  }

  view<T extends VoxelType>(type: T, address: number, count: number): VoxelArrays[T] {
    return thePool().withArena(0, (arena) => arena.view(type, address, count));
  }

  /** A copy of some numbers. */
  put(type: VoxelType, values: ArrayLike<number>): number {
    const address = this.take(type, values.length);
    this.view(type, address, values.length).set(values as ArrayLike<number>);
    return address;
  }

  /**
   * Calls a kernel for all of `planes` planes, shared out among the threads; `voxels` says how much work it is. What a
   * kernel writes does not depend on where the planes are cut. Long work goes in several pieces per thread: the engine
   * runs the optimised code of a kernel only from the call after it is ready.
   */
  async call(
    kernel: ResidentKernel,
    planes: number,
    voxels: number,
    args: (from: number, to: number) => readonly number[],
    scratchBytes = 0,
    piecesPerThread = 1,
  ): Promise<void> {
    const pieces = ranges(planes, piecesPerThread * threads()).map(([from, to]) => {
      const task: CallTask = { kernel, args: args(from, to), scratchBytes };
      return { task, bytes: callBytes(scratchBytes) };
    });
    await runPieces('call', voxels, pieces);
  }

  release(): void {
    this.give(...this.#held);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
