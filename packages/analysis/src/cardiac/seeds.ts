import type { Vec3, Volume } from '@photopeak/imaging';
import { toWorld } from '@photopeak/imaging';

/** Points in the coarse volume that lie in a cavity with a wall on most sides, best first. */
const STEP_VOXELS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** In steps of the coarse volume (8 mm): where the wall may be seen from inside the cavity. */
const NEAREST_WALL = 2;
const FURTHEST_WALL = 6;

const DIRECTIONS: readonly Vec3[] = [-1, 0, 1].flatMap((x) =>
  [-1, 0, 1].flatMap((y) =>
    [-1, 0, 1].flatMap((z): Vec3[] => {
      const length = Math.hypot(x, y, z);
      return length === 0 ? [] : [[x / length, y / length, z / length]];
    }),
  ),
);

/**
 * For each voxel rays go out in 26 directions; on each the highest value 16 to 48 mm away counts with what it exceeds
 * both the lowest value before and the lowest value behind it. In a cavity with a wall around it most rays count.
 */
export function cavitySeeds(coarse: Volume<Float32Array>, limit: number, count: number): readonly Vec3[] {
  const [nx, ny, nz] = coarse.size;
  const { data } = coarse;
  const offsets = DIRECTIONS.map((direction) =>
    STEP_VOXELS.map((step) => direction.map((part) => Math.round(part * step)) as unknown as Vec3),
  );
  const scores = new Float32Array(data.length);
  const values = new Float64Array(STEP_VOXELS.length + 1);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const here = Math.min(limit, data[i + nx * (j + ny * k)]!);
        let sum = 0;
        for (const ray of offsets) {
          values[0] = here;
          for (let n = 0; n < ray.length; n++) {
            const [dx, dy, dz] = ray[n]!;
            const x = i + dx;
            const y = j + dy;
            const z = k + dz;
            const isInside = x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz;
            values[n + 1] = isInside ? Math.min(limit, data[x + nx * (y + ny * z)]!) : 0;
          }
          sum += standOut(values);
        }
        scores[i + nx * (j + ny * k)] = sum / DIRECTIONS.length;
      }
  return peaks(coarse, scores, count);
}

function standOut(values: Float64Array): number {
  let top = NEAREST_WALL;
  for (let n = NEAREST_WALL; n <= FURTHEST_WALL; n++) if (values[n]! > values[top]!) top = n;
  let before = Infinity;
  for (let n = 0; n < top; n++) before = Math.min(before, values[n]!);
  let behind = Infinity;
  for (let n = top + 1; n < values.length; n++) behind = Math.min(behind, values[n]!);
  return Math.max(0, values[top]! - Math.max(before, behind));
}

function peaks(grid: Volume<Float32Array>, scores: Float32Array, count: number): Vec3[] {
  const [nx, ny] = grid.size;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const taken: (readonly [number, number, number])[] = [];
  for (const index of order) {
    if (taken.length >= count || scores[index] === 0) break;
    const i = index % nx;
    const j = Math.floor(index / nx) % ny;
    const k = Math.floor(index / (nx * ny));
    if (taken.some(([x, y, z]) => Math.max(Math.abs(x - i), Math.abs(y - j), Math.abs(z - k)) < 2)) continue;
    taken.push([i, j, k]);
  }
  return taken.map((voxel) => toWorld(grid, voxel));
}
