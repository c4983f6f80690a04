import type { Random } from './random.ts';

const PERIOD = 64;
const MASK = PERIOD - 1;

/** Smooth random field with mean 0 and unit variance at its nodes, periodic in 64 nodes along each axis. */
export class Texture {
  readonly #nodes: Float32Array;

  constructor(random: Random) {
    this.#nodes = new Float32Array(PERIOD * PERIOD * PERIOD);
    random.fillNormal(this.#nodes);
  }

  /** Value at a position given in node units (position in mm divided by the grain in mm), trilinear. */
  at(x: number, y: number, z: number): number {
    const nodes = this.#nodes;
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const fx = x - i;
    const fy = y - j;
    const fz = z - k;
    const i0 = i & MASK;
    const i1 = (i + 1) & MASK;
    const j0 = (j & MASK) * PERIOD;
    const j1 = ((j + 1) & MASK) * PERIOD;
    const k0 = (k & MASK) * PERIOD * PERIOD;
    const k1 = ((k + 1) & MASK) * PERIOD * PERIOD;
    const a = nodes[i0 + j0 + k0]! * (1 - fx) + nodes[i1 + j0 + k0]! * fx;
    const b = nodes[i0 + j1 + k0]! * (1 - fx) + nodes[i1 + j1 + k0]! * fx;
    const c = nodes[i0 + j0 + k1]! * (1 - fx) + nodes[i1 + j0 + k1]! * fx;
    const d = nodes[i0 + j1 + k1]! * (1 - fx) + nodes[i1 + j1 + k1]! * fx;
    return (a * (1 - fy) + b * fy) * (1 - fz) + (c * (1 - fy) + d * fy) * fz;
  }
}
