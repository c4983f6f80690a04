/** Lines of polygons, x1 y1 x2 y2 each, in pixels; whole numbers are the centres. */
export type Edges = Float64Array;

/** Coordinates are rounded to this fraction of a pixel, so that corners on pixel centres decide alike everywhere. */
const SNAP = 1e-6;
export const snap = (value: number) => Math.round(value / SNAP) * SNAP;

/** The places where the lines cross each of `count` scan lines y = 0, 1, …; each sorted. Half-open at the lower end. */
function crossingsOf(edges: Edges, count: number): Float64Array[] {
  const counts = new Uint32Array(count);
  const range = (at: number): readonly [number, number] => {
    const y1 = edges[at + 1]!;
    const y2 = edges[at + 3]!;
    if (y1 === y2) return [0, -1];
    return [Math.max(0, Math.ceil(Math.min(y1, y2))), Math.min(count - 1, Math.ceil(Math.max(y1, y2)) - 1)];
  };
  for (let at = 0; at < edges.length; at += 4) {
    const [first, last] = range(at);
    for (let line = first; line <= last; line++) counts[line]!++;
  }
  const lines = Array.from(counts, (length) => new Float64Array(length));
  for (let at = 0; at < edges.length; at += 4) {
    const [first, last] = range(at);
    const x1 = edges[at]!;
    const y1 = edges[at + 1]!;
    const slope = (edges[at + 2]! - x1) / (edges[at + 3]! - y1);
    for (let line = first; line <= last; line++)
      lines[line]![--counts[line]!] = snap(x1 + (line - y1) * slope);
  }
  for (const line of lines) line.sort();
  return lines;
}

/**
 * Sets the pixels whose centre lies inside, by the even-odd rule: an inner contour is a hole, a keyhole's double edge
 * cancels itself (PS3.3 C.8.8.6.3).
 */
export function fillCentres(slice: Uint8Array, columns: number, rows: number, edges: Edges): void {
  for (const [row, line] of crossingsOf(edges, rows).entries()) {
    for (let index = 0; index + 1 < line.length; index += 2) {
      const first = Math.max(0, Math.ceil(line[index]!));
      const last = Math.min(columns - 1, Math.ceil(line[index + 1]!) - 1);
      if (last >= first) slice.fill(1, row * columns + first, row * columns + last + 1);
    }
  }
}

/**
 * Adds to each pixel `weight` times the share of it that lies inside, by the even-odd rule: exact along a row, and
 * the mean of `lines` scan lines across it.
 */
export function addCoverage(
  slice: Float32Array,
  columns: number,
  rows: number,
  edges: Edges,
  lines: number,
  weight = 1,
): void {
  // The scan lines lie evenly in each row: line n at y = (n + ½) / lines − ½.
  const scaled = edges.map((value, at) => (at % 2 === 0 ? value : (value + 0.5) * lines - 0.5));
  const part = weight / lines;
  for (const [number, line] of crossingsOf(scaled, rows * lines).entries()) {
    const row = Math.floor(number / lines) * columns;
    for (let index = 0; index + 1 < line.length; index += 2) {
      // Pixel i reaches from i − ½ to i + ½.
      const from = Math.max(0, line[index]! + 0.5);
      const to = Math.min(columns, line[index + 1]! + 0.5);
      if (to <= from) continue;
      const first = Math.floor(from);
      const last = Math.min(columns - 1, Math.floor(to));
      if (first === last) {
        slice[row + first]! += part * (to - from);
        continue;
      }
      slice[row + first]! += part * (first + 1 - from);
      for (let i = first + 1; i < last; i++) slice[row + i]! += part;
      slice[row + last]! += part * (to - last);
    }
  }
}
