import { emptyVolume, requireSameGrid } from './create.ts';
import type { Mask, Volume } from './volume.ts';

/**
 * Seeded watershed by priority flooding (Meyer 1994): regions grow from the non-zero markers over face neighbours,
 * lowest value first, equal values in the order in which they were reached. Every voxel of the mask (all voxels
 * without one) that a marker reaches gets that marker's label; there are no lines between regions. NaN floods last.
 */
export async function watershed(
  volume: Volume,
  markers: Volume,
  { mask }: { readonly mask?: Mask } = {},
): Promise<Volume<Int32Array>> {
  requireSameGrid(volume, markers, 'watershed markers');
  if (mask !== undefined) requireSameGrid(volume, mask, 'watershed mask');
  const labels = emptyVolume(volume, 'int32', '1');
  const { data } = labels;
  const { size } = volume;
  const strides = [1, size[0], size[0] * size[1]] as const;
  const front = new Front();
  const height = (index: number) => {
    const value = volume.data[index]!;
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  for (let index = 0; index < data.length; index++) {
    const marker = markers.data[index]!;
    if (!marker || (mask !== undefined && !mask.data[index])) continue;
    data[index] = marker;
    front.push(height(index), index);
  }
  for (let index = front.pop(); index >= 0; index = front.pop()) {
    const label = data[index]!;
    for (let axis = 2; axis >= 0; axis--) {
      const stride = strides[axis]!;
      const at = Math.floor(index / stride) % size[axis]!;
      for (const near of [at > 0 ? index - stride : -1, at < size[axis]! - 1 ? index + stride : -1]) {
        if (near < 0 || data[near] !== 0 || (mask !== undefined && !mask.data[near])) continue;
        data[near] = label;
        front.push(height(near), near);
      }
    }
  }
  return labels;
}

/** A binary heap of voxels: lowest value first, then first come. */
class Front {
  #values = new Float64Array(1 << 12);
  #ages = new Float64Array(1 << 12);
  #voxels = new Int32Array(1 << 12);
  #count = 0;
  #age = 0;

  push(value: number, voxel: number): void {
    if (this.#count === this.#voxels.length) this.#grow();
    const age = this.#age++;
    let hole = this.#count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.#values[parent]! <= value) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, value, age, voxel);
  }

  /** The voxel to flood next, or -1 when none is left. */
  pop(): number {
    if (this.#count === 0) return -1;
    const top = this.#voxels[0]!;
    const last = --this.#count;
    const value = this.#values[last]!;
    const age = this.#ages[last]!;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, this.#values[child]!, this.#ages[child]!)) child++;
      if (!this.#before(child, value, age)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, value, age, this.#voxels[last]!);
    return top;
  }

  #before(slot: number, value: number, age: number): boolean {
    const own = this.#values[slot]!;
    return own < value || (own === value && this.#ages[slot]! < age);
  }

  #move(from: number, to: number): void {
    this.#values[to] = this.#values[from]!;
    this.#ages[to] = this.#ages[from]!;
    this.#voxels[to] = this.#voxels[from]!;
  }

  #put(slot: number, value: number, age: number, voxel: number): void {
    this.#values[slot] = value;
    this.#ages[slot] = age;
    this.#voxels[slot] = voxel;
  }

  #grow(): void {
    const length = this.#voxels.length * 2;
    const values = new Float64Array(length);
    const ages = new Float64Array(length);
    const voxels = new Int32Array(length);
    values.set(this.#values);
    ages.set(this.#ages);
    voxels.set(this.#voxels);
    this.#values = values;
    this.#ages = ages;
    this.#voxels = voxels;
  }
}
