/** A picture of planes of numbers. */
export interface Plane {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
}

/** A region of a plane; parts outside it are filled with `outside`. */
export function crop(
  plane: Plane,
  left: number,
  top: number,
  columns: number,
  rows: number,
  outside: number,
): Plane {
  const values = new Float32Array(columns * rows).fill(outside);
  for (let y = 0; y < rows; y++) {
    const from = top + y;
    if (from < 0 || from >= plane.rows) continue;
    for (let x = 0; x < columns; x++) {
      const column = left + x;
      if (column < 0 || column >= plane.columns) continue;
      values[y * columns + x] = plane.values[from * plane.columns + column]!;
    }
  }
  return { values, columns, rows };
}

/** Resamples with a triangle that is as wide as the larger of both pixels: smooth both ways, no aliasing. */
export function resize(plane: Plane, columns: number, rows: number): Plane {
  if (columns === plane.columns && rows === plane.rows) return plane;
  const across = alongRows(plane.values, plane.columns, plane.rows, columns);
  const turned = transpose(across, columns, plane.rows);
  const down = alongRows(turned, plane.rows, columns, rows);
  return { values: transpose(down, rows, columns), columns, rows };
}

function alongRows(values: Float32Array, length: number, lines: number, wanted: number): Float32Array {
  const out = new Float32Array(wanted * lines);
  const scale = length / wanted;
  const radius = Math.max(1, scale);
  for (let x = 0; x < wanted; x++) {
    const center = (x + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(center - radius));
    const last = Math.min(length - 1, Math.floor(center + radius));
    let sum = 0;
    const weights: number[] = [];
    for (let from = first; from <= last; from++) {
      const weight = Math.max(0, 1 - Math.abs(from - center) / radius);
      weights.push(weight);
      sum += weight;
    }
    for (let line = 0; line < lines; line++) {
      let value = 0;
      for (let index = 0; index < weights.length; index++) {
        value += weights[index]! * values[line * length + first + index]!;
      }
      out[line * wanted + x] = value / sum;
    }
  }
  return out;
}

function transpose(values: Float32Array, columns: number, rows: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) out[x * rows + y] = values[y * columns + x]!;
  }
  return out;
}
