import type { Projections } from '@photopeak/imaging';

/** A ray is in the trace from this share of a pixel of metal on. */
const TRACE_SHARE = 0.3;

/**
 * 1 where a ray passes metal, by its paths through voxels of metal of `pixelMm`. Metal is blurred, and so as wide in an image
 * as its trace has to be: a margin would only take away what was measured well.
 */
export function metalTrace({ data }: Projections, pixelMm: number): Uint8Array {
  const trace = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) trace[at] = data[at]! > TRACE_SHARE * pixelMm ? 1 : 0;
  return trace;
}

/**
 * Values inside the trace drawn straight between its ends, row by row; an end is the mean of so many values `beside` the
 * trace. A trace that reaches the end of the detector keeps the value at its other end.
 */
export function bridged(data: Float32Array, trace: Uint8Array, columns: number, beside = 1): Float32Array {
  const result = Float32Array.from(data);
  for (let row = 0; row < data.length; row += columns) {
    const endAt = (from: number, step: 1 | -1): number | undefined => {
      let [sum, count] = [0, 0];
      for (let u = from; count < beside && u >= 0 && u < columns && trace[row + u] === 0; u += step) {
        sum += data[row + u]!;
        count++;
      }
      return count > 0 ? sum / count : undefined;
    };
    for (let u = 0; u < columns; u++) {
      if (trace[row + u] === 0) continue;
      let end = u;
      while (end < columns && trace[row + end] !== 0) end++;
      const [before, behind] = [endAt(u - 1, -1), endAt(end, 1)];
      const [a, b] = [before ?? behind ?? 0, behind ?? before ?? 0];
      for (let k = u; k < end; k++) result[row + k] = a + ((b - a) * (k - u + 1)) / (end - u + 1);
      u = end;
    }
  }
  return result;
}
