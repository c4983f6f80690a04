import type { Mask, Vec3, VoxelArray } from '../../volume.ts';
import type { Arena } from '../arena.ts';

export interface FloodTask {
  readonly values: VoxelArray;
  /** Markers on entry (already cut by the mask), regions on return. */
  readonly labels: Int32Array;
  readonly mask?: Mask['data'];
  readonly size: Vec3;
}

/** Priority flood over face neighbours: lowest value first, then first come; NaN last. */
export function flood(_arena: Arena | undefined, { values, labels, mask, size }: FloodTask): void {
  const [nx, ny, nz] = size;
  const plane = nx * ny;
  const front = new Front();
  const height = (index: number) => {
    const value = values[index]!;
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  for (let index = 0; index < labels.length; index++) {
    if (labels[index] !== 0) front.push(height(index), index);
  }
  let label = 0;
  const reach = (near: number) => {
    if (labels[near] !== 0 || (mask !== undefined && !mask[near])) return;
    labels[near] = label;
    front.push(height(near), near);
  };
  for (let index = front.pop(); index >= 0; index = front.pop()) {
    label = labels[index]!;
    const z = Math.trunc(index / plane);
    const y = Math.trunc((index - z * plane) / nx);
    const x = index - z * plane - y * nx;
    if (z > 0) reach(index - plane);
    if (y > 0) reach(index - nx);
    if (x > 0) reach(index - 1);
    if (x < nx - 1) reach(index + 1);
    if (y < ny - 1) reach(index + nx);
    if (z < nz - 1) reach(index + plane);
  }
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
