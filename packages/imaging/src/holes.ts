import { emptyVolume } from './create.ts';
import type { Mask } from './volume.ts';

/**
 * The mask with its holes filled: background that no path of face neighbours joins to the edge of the volume.
 * With `perSlice` the slices across that axis (0 = i, 1 = j, 2 = k) are filled one by one, so that a hole open only
 * along the axis is closed too.
 */
export async function fillHoles(
  mask: Mask,
  { perSlice }: { readonly perSlice?: 0 | 1 | 2 } = {},
): Promise<Mask> {
  const result = emptyVolume(mask, 'uint8', '1');
  const { data } = result;
  // 1 = mask, 0 = background not yet reached, 2 = background reached from the edge.
  for (let index = 0; index < data.length; index++) data[index] = mask.data[index] ? 1 : 0;
  const { size } = mask;
  const strides = [1, size[0], size[0] * size[1]] as const;
  const axes = ([0, 1, 2] as const).filter((axis) => axis !== perSlice);
  const stack = new IndexStack();
  const visit = (index: number) => {
    if (data[index] !== 0) return;
    data[index] = 2;
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
  for (let index = stack.pop(); index >= 0; index = stack.pop()) {
    for (const axis of axes) {
      const stride = strides[axis];
      const at = Math.floor(index / stride) % size[axis];
      if (at > 0) visit(index - stride);
      if (at < size[axis] - 1) visit(index + stride);
    }
  }
  for (let index = 0; index < data.length; index++) data[index] = data[index] === 2 ? 0 : 1;
  return result;
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
