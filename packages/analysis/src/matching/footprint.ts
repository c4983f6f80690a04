import type { Vec3 } from '@photopeak/imaging';

/**
 * The space that a lesion takes, on a lattice of cubes that all lesions share: a box of lattice cells and whether each
 * belongs to it.
 */
export interface Footprint {
  readonly low: Vec3;
  readonly size: Vec3;
  readonly cells: Uint8Array;
  readonly count: number;
}

/** Cells whose centre lies within `reachMm` of any of the points. */
export function footprint(points: readonly Vec3[], cellMm: number, reachMm: number): Footprint {
  const reach = Math.ceil(reachMm / cellMm);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const point of points) {
    for (let axis = 0; axis < 3; axis++) {
      const cell = Math.round(point[axis]! / cellMm);
      low[axis] = Math.min(low[axis]!, cell - reach);
      high[axis] = Math.max(high[axis]!, cell + reach);
    }
  }
  const size = low.map((from, axis) => Math.max(0, high[axis]! - from + 1)) as unknown as Vec3;
  const cells = new Uint8Array(size[0] * size[1] * size[2]);
  const limit = reachMm * reachMm;
  for (const point of points) {
    const [x, y, z] = point.map((mm) => mm / cellMm) as unknown as Vec3;
    const [cx, cy, cz] = [Math.round(x), Math.round(y), Math.round(z)];
    for (let k = cz - reach; k <= cz + reach; k++) {
      for (let j = cy - reach; j <= cy + reach; j++) {
        const across = ((j - y) * (j - y) + (k - z) * (k - z)) * cellMm * cellMm;
        if (across > limit) continue;
        const row = size[0] * (j - low[1]! + size[1] * (k - low[2]!)) - low[0]!;
        for (let i = cx - reach; i <= cx + reach; i++) {
          if (across + (i - x) * (i - x) * cellMm * cellMm <= limit) cells[row + i] = 1;
        }
      }
    }
  }
  let count = 0;
  for (const cell of cells) count += cell;
  return { low: low as unknown as Vec3, size, cells, count };
}

/** How many cells two footprints share. */
export function shared(a: Footprint, b: Footprint): number {
  const from = a.low.map((cell, axis) => Math.max(cell, b.low[axis]!));
  const to = a.low.map((cell, axis) => Math.min(cell + a.size[axis]!, b.low[axis]! + b.size[axis]!));
  let count = 0;
  for (let k = from[2]!; k < to[2]!; k++) {
    for (let j = from[1]!; j < to[1]!; j++) {
      const inA = a.size[0] * (j - a.low[1] + a.size[1] * (k - a.low[2])) - a.low[0];
      const inB = b.size[0] * (j - b.low[1] + b.size[1] * (k - b.low[2])) - b.low[0];
      for (let i = from[0]!; i < to[0]!; i++) count += a.cells[inA + i]! & b.cells[inB + i]!;
    }
  }
  return count;
}
