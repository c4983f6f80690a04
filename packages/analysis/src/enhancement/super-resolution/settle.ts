import type { Volume } from '@photopeak/imaging';
import type { SliceModel } from './slice-profile.ts';

/** What became of the lines along the normal. */
export interface Settled {
  /** ‖A·y − x‖/‖x‖: how far the result, seen with thick slices again, is from the slices. */
  readonly consistencyError: number;
  /** Lines for which the nearest planes were not found within the turns that there are. */
  readonly unsettledLines: number;
}

/** Of Newton steps; lines of thick slices of real images take 2 to 8. */
const MOST_TURNS = 40;
const MOST_HALVINGS = 30;
/** Part of what a full step promises that a step has to bring (Armijo). */
const PROMISED = 1e-4;
/** A line is settled when its slices are met as well as this part of their largest value. */
const MET = 1e-6;

/**
 * Makes every line along the normal consistent with its slices, but for values below the least of the image (a magnitude
 * is not negative, air not darker than air): the line becomes the nearest one, x, that has no such value, where "nearest" counts
 * what the slices miss as well: ½‖x − x₀‖² + ½‖A·x − b‖²/ρ is least, ρ the ridge of the model. There is always one such
 * line, even where no line that is bright enough gives the slices, as where those overlap and differ by their noise.
 */
export function settle(
  { size, data }: Volume,
  model: SliceModel,
  { data: fine }: Volume<Float32Array>,
): Settled {
  const area = size[0] * size[1];
  const line = new Float32Array(model.slices);
  let [errors, squares, unsettledLines, least] = [0, 0, 0, Number.POSITIVE_INFINITY];
  for (const value of data) if (value < least) least = value;
  const settler = new LineSettler(model, least);
  for (let at = 0; at < area; at++) {
    if (!settler.settle(fine, at, area, data)) unsettledLines++;
    model.degrade(fine, at, area, line);
    for (let k = 0; k < model.slices; k++) {
      const value = data[at + area * k]!;
      errors += (line[k]! - value) ** 2;
      squares += value * value;
    }
  }
  return { consistencyError: squares === 0 ? 0 : Math.sqrt(errors / squares), unsettledLines };
}

/**
 * One line after the other. With x = max(0, x₀ + Aᵀ·y), everything against `least` (rows of A sum to 1), the nearest line
 * is where ρ·y + A·x = b: the gradient of a convex function of y that is quadratic in parts, as many unknowns as slices.
 * Newton's method with the planes that are not at `least` (semi-smooth; Qi and Sun, Math. Program. 1993), each step
 * halved until the function falls enough, ends at it after finitely many steps.
 */
class LineSettler {
  readonly #model: SliceModel;
  readonly #least: number;
  readonly #start: Float64Array;
  readonly #planes: Float64Array;
  readonly #right: Float64Array;
  readonly #y: Float64Array;
  readonly #tried: Float64Array;
  readonly #gradient: Float64Array;
  readonly #step: Float64Array;
  readonly #matrix: Float64Array;

  constructor(model: SliceModel, least: number) {
    const { slices, planes } = model;
    this.#model = model;
    this.#least = least;
    [this.#start, this.#planes] = [new Float64Array(planes), new Float64Array(planes)];
    [this.#right, this.#y, this.#tried] = [
      new Float64Array(slices),
      new Float64Array(slices),
      new Float64Array(slices),
    ];
    [this.#gradient, this.#step] = [new Float64Array(slices), new Float64Array(slices)];
    this.#matrix = new Float64Array(slices * slices);
  }

  /** Whether the line of `fine` that begins at `at` was settled; it is changed in any case. */
  settle(fine: Float32Array, at: number, stride: number, slices: ArrayLike<number>): boolean {
    const [start, planes, right] = [this.#start, this.#planes, this.#right];
    const [model, least] = [this.#model, this.#least];
    for (let n = 0; n < start.length; n++) start[n] = fine[at + n * stride]! - least;
    let largest = 0;
    for (let k = 0; k < right.length; k++) {
      right[k] = slices[at + k * stride]! - least;
      largest = Math.max(largest, right[k]!);
    }
    // As if there were no least: most lines are settled by that.
    model.degrade(start, 0, 1, this.#y);
    for (let k = 0; k < right.length; k++) this.#y[k] = right[k]! - this.#y[k]!;
    model.solve(this.#y);
    let value = this.#valueAt(this.#y);
    let isSettled = planes.every((one) => one >= 0);
    for (let turn = 0; turn < MOST_TURNS && !isSettled; turn++) {
      this.#findStep();
      let slope = 0;
      for (let k = 0; k < right.length; k++) slope += this.#gradient[k]! * this.#step[k]!;
      value = this.#goOn(value, slope);
      isSettled = this.#gradient.every((one) => Math.abs(one) <= MET * largest);
    }
    for (let n = 0; n < planes.length; n++) fine[at + n * stride] = Math.max(0, planes[n]!) + least;
    return isSettled;
  }

  /** The function at y, with its gradient; leaves x₀ + Aᵀ·y in the planes. */
  #valueAt(y: Float64Array): number {
    const [model, planes, gradient, right] = [this.#model, this.#planes, this.#gradient, this.#right];
    planes.set(this.#start);
    model.spread(y, planes, 0, 1);
    let value = 0;
    for (const one of planes) if (one > 0) value += (one * one) / 2;
    for (let k = 0; k < right.length; k++) {
      const { first, weights } = model.rows[k]!;
      let sum = model.ridges[k]! * y[k]! - right[k]!;
      for (let n = 0; n < weights.length; n++) {
        const one = planes[first + n]!;
        if (one > 0) sum += weights[n]! * one;
      }
      gradient[k] = sum;
      value += y[k]! * ((model.ridges[k]! * y[k]!) / 2 - right[k]!);
    }
    return value;
  }

  /** The step of Newton: (A·D·Aᵀ + ρ)·step = −gradient, D the planes above `least`. */
  #findStep(): void {
    const [model, planes, step] = [this.#model, this.#planes, this.#step];
    model.factorise(this.#matrix, (plane) => planes[plane]! > 0);
    for (let k = 0; k < step.length; k++) step[k] = -this.#gradient[k]!;
    model.solve(step, this.#matrix);
  }

  /** Takes the step, or a half, a quarter … of it; the value there. */
  #goOn(value: number, slope: number): number {
    const [y, tried, step] = [this.#y, this.#tried, this.#step];
    let [part, found] = [1, value];
    for (let halving = 0; halving < MOST_HALVINGS; halving++, part /= 2) {
      for (let k = 0; k < y.length; k++) tried[k] = y[k]! + part * step[k]!;
      found = this.#valueAt(tried);
      if (found <= value + PROMISED * part * slope) break;
    }
    y.set(tried);
    return found;
  }
}
