import type { VoxelArray } from '../volume.ts';

/** Rows and columns that are moved together: both sides stay in the cache. */
const BLOCK = 32;

/** The matrix of `rows` × `columns` at `from`, columns next to each other, as its transpose at `to`. */
export function transpose(
  source: VoxelArray,
  from: number,
  rows: number,
  columns: number,
  target: Float32Array,
  to: number,
): void {
  if (rows === 1 || columns === 1) {
    target.set(source.subarray(from, from + rows * columns), to);
    return;
  }
  for (let row0 = 0; row0 < rows; row0 += BLOCK) {
    const row1 = Math.min(rows, row0 + BLOCK);
    for (let column0 = 0; column0 < columns; column0 += BLOCK) {
      const column1 = Math.min(columns, column0 + BLOCK);
      for (let column = column0; column < column1; column++) {
        const at = to + rows * column;
        for (let row = row0; row < row1; row++) target[at + row] = source[from + row * columns + column]!;
      }
    }
  }
}
