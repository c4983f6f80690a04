import { toWorld, type Vec3, type Volume } from '@photopeak/imaging';

/** Steps of a ray, in voxels of the coarse volume (8 mm). */
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

/** Empty voxels around the volume, so that no ray leaves it. */
const PAD = STEP_VOXELS.length;

/**
 * For each voxel rays go out in 26 directions; on each the highest value 16 to 48 mm away counts with what it exceeds
 * both the lowest value before and the lowest value behind it. In a cavity with a wall around it most rays count.
 */
export function cavitySeeds(coarse: Volume<Float32Array>, limit: number, count: number): readonly Vec3[] {
  const [nx, ny, nz] = coarse.size;
  const row = nx + 2 * PAD;
  const plane = row * (ny + 2 * PAD);
  const values = new Float32Array(plane * (nz + 2 * PAD));
  const padded = (i: number, j: number, k: number) => i + PAD + row * (j + PAD) + plane * (k + PAD);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++)
        values[padded(i, j, k)] = Math.min(limit, coarse.data[i + nx * (j + ny * k)]!);
  const steps = STEP_VOXELS.length;
  const offsets = Int32Array.from(
    DIRECTIONS.flatMap(([x, y, z]) =>
      STEP_VOXELS.map(
        (step) => Math.round(x * step) + row * Math.round(y * step) + plane * Math.round(z * step),
      ),
    ),
  );
  const scores = new Float32Array(nx * ny * nz);
  const ray = new Float64Array(steps + 1);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const at = padded(i, j, k);
        ray[0] = values[at]!;
        let sum = 0;
        for (let first = 0; first < offsets.length; first += steps) {
          for (let n = 0; n < steps; n++) ray[n + 1] = values[at + offsets[first + n]!]!;
          sum += standOut(ray);
        }
        scores[i + nx * (j + ny * k)] = sum / DIRECTIONS.length;
      }
  return peaks(coarse, scores, count);
}

function standOut(values: Float64Array): number {
  let top = NEAREST_WALL;
  for (let n = NEAREST_WALL + 1; n <= FURTHEST_WALL; n++) if (values[n]! > values[top]!) top = n;
  let before = values[0]!;
  for (let n = 1; n < top; n++) if (values[n]! < before) before = values[n]!;
  let behind = values[top + 1]!;
  for (let n = top + 2; n < values.length; n++) if (values[n]! < behind) behind = values[n]!;
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
