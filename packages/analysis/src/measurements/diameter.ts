import type { Grid, Vec3 } from '@photopeak/imaging';
import { type Region, voxelToPatient } from './region.ts';

export interface Diameter {
  readonly mm: number;
  readonly from: Vec3;
  readonly to: Vec3;
}

function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/**
 * The pair of points that lie furthest apart; exact. Points are visited from the outermost inwards, and the search
 * ends where two radii together cannot exceed the best pair.
 */
export function furthestPair(points: readonly Vec3[]): Diameter | undefined {
  const first = points[0];
  if (first === undefined) return undefined;
  const centre: [number, number, number] = [0, 0, 0];
  for (const point of points)
    for (let axis = 0; axis < 3; axis++) centre[axis]! += point[axis]! / points.length;
  const sorted = points
    .map((point, order) => ({ point, order, radius: distance(point, centre) }))
    .sort((a, b) => b.radius - a.radius || a.order - b.order);
  let best: Diameter = { mm: 0, from: first, to: first };
  for (let a = 0; a < sorted.length; a++) {
    const outer = sorted[a]!;
    if (2 * outer.radius <= best.mm) break;
    for (let b = a + 1; b < sorted.length; b++) {
      const inner = sorted[b]!;
      if (outer.radius + inner.radius <= best.mm) break;
      const mm = distance(outer.point, inner.point);
      if (mm > best.mm) best = { mm, from: outer.point, to: inner.point };
    }
  }
  return best;
}

/** Largest distance between two voxel CENTRES of a region, in mm. */
export function largestDiameter(grid: Grid, region: Region): Diameter {
  // Only the ends of each row of voxels can belong to the furthest pair.
  const ends: Vec3[] = [];
  const [nx, ny] = grid.size;
  const add = (index: number) =>
    ends.push(voxelToPatient(grid, [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))]));
  let last = -1;
  for (const index of region.voxels) {
    const newRow = last < 0 || Math.floor(index / nx) !== Math.floor(last / nx);
    if (newRow) {
      if (last >= 0) add(last);
      add(index);
    }
    last = index;
  }
  add(last);
  return furthestPair(ends)!;
}

/**
 * Dmax of a study: the largest distance in mm between the centroids of two lesions, 0 for one lesion, undefined for
 * none (definition of Cottereau 2020 by centroids).
 */
export function lesionDmax(centroids: readonly Vec3[]): number | undefined {
  return furthestPair(centroids)?.mm;
}
