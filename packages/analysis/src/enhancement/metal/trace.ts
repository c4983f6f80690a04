import type { Projections } from '@photopeak/imaging';

/** 1 where a ray passes metal on more than `leastMm`, widened by `margin` pixels along each row. */
export function metalTrace({ geometry, data }: Projections, leastMm: number, margin: number): Uint8Array {
  const [columns] = geometry.detectorSize;
  const trace = new Uint8Array(data.length);
  for (let n = 0; n < data.length; n++) {
    if (data[n]! <= leastMm) continue;
    const row = n - (n % columns);
    const [from, to] = [Math.max(row, n - margin), Math.min(row + columns - 1, n + margin)];
    for (let k = from; k <= to; k++) trace[k] = 1;
  }
  return trace;
}

/**
 * Values inside the trace drawn straight between its ends, row by row. A trace that reaches the end of the detector keeps
 * the value at its other end.
 */
export function bridged(data: Float32Array, trace: Uint8Array, columns: number): Float32Array {
  const result = Float32Array.from(data);
  for (let row = 0; row < data.length; row += columns) {
    for (let u = 0; u < columns; u++) {
      if (trace[row + u] === 0) continue;
      let end = u;
      while (end < columns && trace[row + end] !== 0) end++;
      const before = u > 0 ? data[row + u - 1]! : undefined;
      const behind = end < columns ? data[row + end]! : undefined;
      const [a, b] = [before ?? behind ?? 0, behind ?? before ?? 0];
      for (let k = u; k < end; k++) result[row + k] = a + ((b - a) * (k - u + 1)) / (end - u + 1);
      u = end;
    }
  }
  return result;
}
