import type { Vec3 } from '../../volume.ts';
import type { Arena } from '../arena.ts';

export interface FillTask {
  /** The mask on entry, filled on return: 0 and 1. */
  readonly mask: Uint8Array;
  readonly size: Vec3;
  /** Fill the slices across this axis one by one. */
  readonly perSlice?: 0 | 1 | 2;
}

const BACKGROUND = 0;
const INSIDE = 1;
const REACHED = 2;

/**
 * Marks the background that face neighbours join to the edge; everything else is inside. Whole runs along x are
 * reached at once, so that few places wait on the stack.
 */
export function fill(_arena: Arena | undefined, { mask, size, perSlice }: FillTask): void {
  for (let index = 0; index < mask.length; index++) mask[index] = mask[index] ? INSIDE : BACKGROUND;
  const [nx, ny, nz] = size;
  const plane = nx * ny;
  const stack = new IndexStack();

  const pushRuns = (from: number, to: number) => {
    let open = false;
    for (let index = from; index <= to; index++) {
      const background = mask[index] === BACKGROUND;
      if (background && !open) stack.push(index);
      open = background;
    }
  };
  const reachRun = (index: number) => {
    const z = Math.trunc(index / plane);
    const y = Math.trunc((index - z * plane) / nx);
    const row = z * plane + y * nx;
    let first = index;
    let last = index;
    if (perSlice !== 0) {
      while (first > row && mask[first - 1] === BACKGROUND) first--;
      while (last < row + nx - 1 && mask[last + 1] === BACKGROUND) last++;
    }
    mask.fill(REACHED, first, last + 1);
    if (perSlice !== 1 && y > 0) pushRuns(first - nx, last - nx);
    if (perSlice !== 1 && y < ny - 1) pushRuns(first + nx, last + nx);
    if (perSlice !== 2 && z > 0) pushRuns(first - plane, last - plane);
    if (perSlice !== 2 && z < nz - 1) pushRuns(first + plane, last + plane);
  };
  const reachFrom = (seed: number) => {
    stack.push(seed);
    for (let index = stack.pop(); index >= 0; index = stack.pop()) {
      if (mask[index] === BACKGROUND) reachRun(index);
    }
  };

  const strides = [1, nx, plane] as const;
  for (const axis of ([0, 1, 2] as const).filter((candidate) => candidate !== perSlice)) {
    const [b, c] = ([0, 1, 2] as const).filter((other) => other !== axis) as [0 | 1 | 2, 0 | 1 | 2];
    const last = (size[axis] - 1) * strides[axis];
    for (let v = 0; v < size[c]; v++) {
      for (let u = 0; u < size[b]; u++) {
        const index = u * strides[b] + v * strides[c];
        reachFrom(index);
        reachFrom(index + last);
      }
    }
  }
  for (let index = 0; index < mask.length; index++) mask[index] = mask[index] === REACHED ? 0 : 1;
}

/** A growing stack of voxel indices. */
class IndexStack {
  #items = new Int32Array(1 << 12);
  #count = 0;

  push(index: number): void {
    if (this.#count === this.#items.length) {
      const larger = new Int32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#count++] = index;
  }

  /** The last index, or -1 when none is left. */
  pop(): number {
    return this.#count === 0 ? -1 : this.#items[--this.#count]!;
  }
}
