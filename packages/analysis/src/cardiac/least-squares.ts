import { solve } from '../numbers/index.ts';

/** One measured point: its distance from the model at given parameters, and how much it counts. */
export interface Residuals {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

const STEP = 1e-3;
/** Keeps parameters that the points do not determine where they are: one point of this weight holds each. */
const HOLD = 0.5;

/**
 * Gauss-Newton with Huber weights: residuals beyond `huber` count linearly. `start` is held lightly.
 */
export function robustLeastSquares(
  residuals: (parameters: Float64Array) => Residuals,
  start: Float64Array,
  { huber, iterations }: { readonly huber: number; readonly iterations: number },
): Float64Array {
  const n = start.length;
  let x = Float64Array.from(start);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { values, weights } = residuals(x);
    const columns = Array.from({ length: n }, (_, axis) => {
      const moved = Float64Array.from(x);
      moved[axis]! += STEP;
      return residuals(moved).values.map((value, m) => (value - values[m]!) / STEP);
    });
    const a = Array.from({ length: n }, () => new Array<number>(n).fill(0));
    const b = new Array<number>(n).fill(0);
    for (let m = 0; m < values.length; m++) {
      const size = Math.abs(values[m]!);
      const weight = weights[m]! * (size > huber ? huber / size : 1);
      if (weight === 0) continue;
      for (let row = 0; row < n; row++) {
        const part = weight * columns[row]![m]!;
        b[row]! -= part * values[m]!;
        for (let column = row; column < n; column++) a[row]![column]! += part * columns[column]![m]!;
      }
    }
    for (let row = 0; row < n; row++) {
      a[row]![row]! += HOLD;
      b[row]! -= HOLD * (x[row]! - start[row]!);
      for (let column = 0; column < row; column++) a[row]![column] = a[column]![row]!;
    }
    if (!solve(a, b)) break;
    x = x.map((value, row) => value + b[row]!);
    if (b.every((move) => Math.abs(move) < 1e-3)) break;
  }
  return x;
}
