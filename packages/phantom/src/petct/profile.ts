import type { Shape } from './shapes.ts';

/** Cross-section at one height: half width, front and back edge (mm), and how square front and back are (0 to 1). */
export type ProfileRow = readonly [
  z: number,
  halfWidth: number,
  front: number,
  back: number,
  squareFront?: number,
  squareBack?: number,
];

/** A body part given by its cross-sections; smooth between rows, tabulated at every millimetre. */
export class Profile implements Shape {
  readonly box: Shape['box'];
  readonly centerX: number;
  readonly #zLow: number;
  readonly #rows: number;
  readonly #table: Float64Array;

  constructor(rows: readonly ProfileRow[], centerX = 0) {
    const sorted = [...rows].sort((a, b) => a[0] - b[0]);
    this.centerX = centerX;
    this.#zLow = sorted[0]![0];
    const zHigh = sorted.at(-1)![0];
    this.#rows = Math.ceil(zHigh - this.#zLow) + 1;
    this.#table = new Float64Array((this.#rows + 1) * 5);
    let widest = 0;
    let front = Infinity;
    let back = -Infinity;
    for (let n = 0; n <= this.#rows; n++) {
      const values = interpolate(sorted, Math.min(zHigh, this.#zLow + n));
      this.#table.set(values, n * 5);
      widest = Math.max(widest, values[0]!);
      front = Math.min(front, values[1]!);
      back = Math.max(back, values[2]!);
    }
    this.box = {
      low: [centerX - widest, front, this.#zLow],
      high: [centerX + widest, back, zHigh],
    };
  }

  contains(x: number, y: number, z: number): boolean {
    return this.#level(x, y, z) <= 1;
  }

  /** Half width, front and back at a height. */
  section(z: number): { halfWidth: number; front: number; back: number } {
    const at = Math.min(this.#rows - 1, Math.max(0, Math.round(z - this.#zLow))) * 5;
    return {
      halfWidth: this.#table[at]!,
      front: this.#table[at + 1]!,
      back: this.#table[at + 2]!,
    };
  }

  /** 0 at the centre line, 1 on the surface. */
  #level(x: number, y: number, z: number): number {
    const h = z - this.#zLow;
    if (h < 0 || h > this.#rows - 1) return 2;
    const n = Math.floor(h);
    const f = h - n;
    const table = this.#table;
    const at = n * 5;
    const half = table[at]! * (1 - f) + table[at + 5]! * f;
    const front = table[at + 1]! * (1 - f) + table[at + 6]! * f;
    const back = table[at + 2]! * (1 - f) + table[at + 7]! * f;
    const u = (x - this.centerX) / half;
    const middle = (front + back) / 2;
    const v = (y - middle) / (back - middle);
    const square = v < 0 ? table[at + 3]! : table[at + 4]!;
    const u2 = u * u;
    const v2 = v * v;
    return (1 - square) * (u2 + v2) + square * (u2 * u2 + v2 * v2);
  }
}

/** Cubic Hermite between rows; flat where neighbours do not agree in direction, so that nothing overshoots. */
function interpolate(rows: readonly ProfileRow[], z: number): number[] {
  let n = 0;
  while (n + 2 < rows.length && rows[n + 1]![0] < z) n++;
  const lower = rows[n]!;
  const upper = rows[n + 1]!;
  const length = upper[0] - lower[0];
  const t = Math.min(1, Math.max(0, (z - lower[0]) / length));
  const value = (row: ProfileRow, column: number) => row[column] ?? 0.35;
  const slope = (index: number, column: number) => {
    const before = rows[index - 1];
    const here = rows[index]!;
    const after = rows[index + 1];
    if (before === undefined || after === undefined) return 0;
    const left = (value(here, column) - value(before, column)) / (here[0] - before[0]);
    const right = (value(after, column) - value(here, column)) / (after[0] - here[0]);
    return left * right <= 0 ? 0 : (2 * left * right) / (left + right);
  };
  return [1, 2, 3, 4, 5].map((column) => {
    const a = value(lower, column);
    const b = value(upper, column);
    const t2 = t * t;
    const t3 = t2 * t;
    return (
      a * (2 * t3 - 3 * t2 + 1) +
      b * (3 * t2 - 2 * t3) +
      slope(n, column) * length * (t3 - 2 * t2 + t) +
      slope(n + 1, column) * length * (t3 - t2)
    );
  });
}
