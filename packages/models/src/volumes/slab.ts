import type { Vec3 } from '@photopeak/imaging';
import type { Prepared } from './prepare.ts';
import { ramp } from './tiles.ts';

export interface Weights {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

/** Weighted sums of a slab of planes, which moves through the volume. */
export class Slab {
  readonly #size: Vec3;
  readonly #depth: number;
  readonly #sums: Float32Array[];
  readonly #weights: Float32Array;
  #first = 0;

  constructor(size: Vec3, depth: number, classes: number) {
    this.#size = size;
    this.#depth = depth;
    const voxels = size[0] * size[1] * depth;
    this.#sums = Array.from({ length: classes }, () => new Float32Array(voxels));
    this.#weights = new Float32Array(voxels);
  }

  add(
    values: (channel: number, x: number, y: number, z: number) => number,
    at: Vec3,
    patch: Vec3,
    w: Weights,
  ) {
    const [nx, ny, nz] = this.#size;
    for (let k = Math.max(0, -at[2]); k < patch[2] && at[2] + k < nz; k++) {
      const plane = at[2] + k - this.#first;
      for (let j = Math.max(0, -at[1]); j < patch[1] && at[1] + j < ny; j++) {
        const row = nx * (at[1] + j + ny * plane);
        const wzy = w.z[k]! * w.y[j]!;
        for (let i = Math.max(0, -at[0]); i < patch[0] && at[0] + i < nx; i++) {
          const weight = wzy * w.x[i]!;
          const to = row + at[0] + i;
          this.#weights[to]! += weight;
          for (let channel = 0; channel < this.#sums.length; channel++)
            this.#sums[channel]![to]! += weight * values(channel, i, j, k);
        }
      }
    }
  }

  /** Hands out the planes before `plane` and forgets them. */
  settle(
    plane: number,
    emit: (z: number, sums: readonly Float32Array[], weights: Float32Array) => void,
  ): void {
    const area = this.#size[0] * this.#size[1];
    const until = Math.min(plane, this.#size[2]);
    for (let z = this.#first; z < until; z++) {
      const from = (z - this.#first) * area;
      const cut = (all: Float32Array) => all.subarray(from, from + area);
      emit(z, this.#sums.map(cut), cut(this.#weights));
    }
    const gone = until - this.#first;
    if (gone <= 0) return;
    for (const all of [...this.#sums, this.#weights]) {
      all.copyWithin(0, gone * area);
      all.fill(0, Math.max(0, this.#depth - gone) * area);
    }
    this.#first = until;
  }
}

const enlarged = (weights: Float32Array, scale: number): Float32Array =>
  scale === 1
    ? weights
    : Float32Array.from({ length: weights.length * scale }, (_, n) => weights[Math.floor(n / scale)]!);

/** Weights of a patch for blending, on the grid of an output that is so many times finer. */
export function weightsOf({ plan }: Prepared, index: Vec3, scale: Vec3): Weights {
  const along = (axis: 0 | 1 | 2) =>
    enlarged(ramp(plan.starts[axis], plan.patch[axis], index[axis]), scale[axis]);
  return { x: along(0), y: along(1), z: along(2) };
}

export const scaled = (a: Vec3, b: Vec3): Vec3 => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
