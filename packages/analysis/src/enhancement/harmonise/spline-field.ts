import type { Vec3 } from '@photopeak/imaging';

/** A smooth field on the unit cube: cubic B-splines on a lattice of `cells` intervals along each axis. */
export class SplineField {
  readonly cells: Vec3;
  readonly #size: Vec3;
  readonly #values: Float64Array;

  constructor(cells: Vec3, values?: Float64Array) {
    this.cells = cells;
    this.#size = cells.map((n) => n + 3) as unknown as Vec3;
    this.#values = values ?? new Float64Array(this.#size[0] * this.#size[1] * this.#size[2]);
  }

  /**
   * Multilevel B-spline approximation, one level (Lee et al., IEEE Trans. Vis. Comput. Graph. 1997): each control point is
   * the mean of what the samples around it ask of it. `at`: three coordinates from 0 to 1 of each sample.
   */
  static fitted(cells: Vec3, at: Float32Array, samples: Float32Array): SplineField {
    const field = new SplineField(cells);
    const weights = new Float64Array(field.#values.length);
    const around = new Around();
    for (let n = 0; n < samples.length; n++) {
      field.#look(at[3 * n]!, at[3 * n + 1]!, at[3 * n + 2]!, around);
      let power = 0;
      for (const w of around.weights) power += w * w;
      for (let c = 0; c < 64; c++) {
        const w = around.weights[c]!;
        field.#values[around.points[c]!]! += (w * w * w * samples[n]!) / power;
        weights[around.points[c]!]! += w * w;
      }
    }
    for (let n = 0; n < weights.length; n++) if (weights[n]! > 0) field.#values[n]! /= weights[n]!;
    return field;
  }

  /** The sum with a field on the same lattice. */
  plus(other: SplineField): SplineField {
    return new SplineField(
      this.cells,
      this.#values.map((value, n) => value + other.#values[n]!),
    );
  }

  /** At a point of the unit cube. */
  at(x: number, y: number, z: number, around = new Around()): number {
    this.#look(x, y, z, around);
    let sum = 0;
    for (let c = 0; c < 64; c++) sum += around.weights[c]! * this.#values[around.points[c]!]!;
    return sum;
  }

  #look(x: number, y: number, z: number, around: Around): void {
    const [i, j, k] = [
      spline(x * this.cells[0], this.cells[0], around.x),
      spline(y * this.cells[1], this.cells[1], around.y),
      spline(z * this.cells[2], this.cells[2], around.z),
    ];
    const [nx, ny] = this.#size;
    let c = 0;
    for (let dz = 0; dz < 4; dz++) {
      for (let dy = 0; dy < 4; dy++) {
        const w = around.z[dz]! * around.y[dy]!;
        const row = nx * (j + dy + ny * (k + dz));
        for (let dx = 0; dx < 4; dx++) {
          around.weights[c] = w * around.x[dx]!;
          around.points[c++] = i + dx + row;
        }
      }
    }
  }
}

/** The 64 control points around a point and their weights. */
export class Around {
  readonly x = new Float64Array(4);
  readonly y = new Float64Array(4);
  readonly z = new Float64Array(4);
  readonly weights = new Float64Array(64);
  readonly points = new Int32Array(64);
}

/** Weights of the four control points around a position, and the first of them. */
function spline(position: number, cells: number, out: Float64Array): number {
  const first = Math.min(cells - 1, Math.max(0, Math.floor(position)));
  const t = Math.min(1, Math.max(0, position - first));
  const u = 1 - t;
  out[0] = (u * u * u) / 6;
  out[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  out[2] = (3 * u * u * u - 6 * u * u + 4) / 6;
  out[3] = (t * t * t) / 6;
  return first;
}
