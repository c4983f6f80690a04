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

/** Marks the background that face neighbours join to the edge; everything else is inside. */
export function fill(_arena: Arena | undefined, { mask, size, perSlice }: FillTask): void {
  for (let index = 0; index < mask.length; index++) mask[index] = mask[index] ? INSIDE : BACKGROUND;
  const strides = [1, size[0], size[0] * size[1]] as const;
  const axes = ([0, 1, 2] as const).filter((axis) => axis !== perSlice);
  const stack = new IndexStack();
  const visit = (index: number) => {
    if (mask[index] !== BACKGROUND) return;
    mask[index] = REACHED;
    stack.push(index);
  };
  for (const axis of axes) {
    const [b, c] = ([0, 1, 2] as const).filter((other) => other !== axis) as [0 | 1 | 2, 0 | 1 | 2];
    const last = (size[axis] - 1) * strides[axis];
    for (let v = 0; v < size[c]; v++) {
      for (let u = 0; u < size[b]; u++) {
        const index = u * strides[b] + v * strides[c];
        visit(index);
        visit(index + last);
      }
    }
  }
  const [alongX, alongY, alongZ] = [0, 1, 2].map((axis) => axis !== perSlice) as [boolean, boolean, boolean];
  const [nx, ny, nz] = size;
  const plane = nx * ny;
  for (let index = stack.pop(); index >= 0; index = stack.pop()) {
    const z = Math.trunc(index / plane);
    const y = Math.trunc((index - z * plane) / nx);
    const x = index - z * plane - y * nx;
    if (alongX && x > 0) visit(index - 1);
    if (alongX && x < nx - 1) visit(index + 1);
    if (alongY && y > 0) visit(index - nx);
    if (alongY && y < ny - 1) visit(index + nx);
    if (alongZ && z > 0) visit(index - plane);
    if (alongZ && z < nz - 1) visit(index + plane);
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
