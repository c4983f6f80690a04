import {
  axis,
  centre,
  dot,
  extentAlong,
  type Grid,
  scale,
  subtract,
  toVoxel,
  toWorld,
  type Vec3,
} from './grid.ts';
import { type Sampled, trilinear } from './sampling.ts';

const world: readonly Vec3[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Lengths and cosines that differ by less are the same. */
const SAME = 1e-6;

/** The patient axis, with its sign, that each voxel axis is closest to; no two the same. */
function closestAxes(grid: Grid): [Vec3, Vec3, Vec3] {
  const found: (Vec3 | undefined)[] = [undefined, undefined, undefined];
  const pairs = ([0, 1, 2] as const)
    .flatMap((index) => world.map((unit) => ({ index, unit, cosine: dot(axis(grid, index), unit) })))
    .sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine));
  const taken = new Set<Vec3>();
  for (const { index, unit, cosine } of pairs) {
    if (found[index] !== undefined || taken.has(unit)) continue;
    taken.add(unit);
    found[index] = scale(unit, cosine < 0 ? -1 : 1);
  }
  return found as [Vec3, Vec3, Vec3];
}

/** The same voxels about the same centre, their axes turned to those of the patient that they are closest to. */
export function straightened(grid: Grid): Grid {
  const axes = closestAxes(grid);
  const direction = [0, 1, 2].flatMap((row) => axes.map((unit) => unit[row]!));
  const straight = { ...grid, direction, origin: [0, 0, 0] as const };
  return { ...straight, origin: subtract(centre(grid), centre(straight)) };
}

/** How far straightening moves the voxel that it moves most, in mm; exactly 0 where the axes are the patient's. */
export function tiltMm(grid: Grid): number {
  const axes = closestAxes(grid);
  if (axes.every((unit, index) => unit.every((value, row) => value === axis(grid, index as 0 | 1 | 2)[row])))
    return 0;
  const straight = straightened(grid);
  const [nx, ny, nz] = grid.size.map((n) => n - 1) as [number, number, number];
  const corners = [0, nx].flatMap((i) => [0, ny].flatMap((j) => [0, nz].map((k): Vec3 => [i, j, k])));
  return Math.max(
    ...corners.map((corner) => Math.hypot(...subtract(toWorld(grid, corner), toWorld(straight, corner)))),
  );
}

/** The cosine of the largest angle, 0.1°, up to which `isAlmostUpright` takes two axes for parallel. */
const ALMOST = Math.cos((0.1 * Math.PI) / 180);

/** Whether each voxel axis is within 0.1° of one of the patient's. */
export function isAlmostUpright(grid: Grid): boolean {
  return closestAxes(grid).every((unit, index) => dot(axis(grid, index as 0 | 1 | 2), unit) >= ALMOST);
}

/**
 * The grid of the same spacing about the same centre whose axes are parallel to the patient's, just large enough to
 * hold every voxel of the given one.
 */
export function uprightGrid(grid: Grid): Grid {
  const axes = closestAxes(grid);
  const size = axes.map((unit, index) => {
    const [low, high] = extentAlong(grid, unit);
    return Math.ceil((high - low) / grid.spacingMm[index]! - SAME) + 1;
  }) as [number, number, number];
  const direction = [0, 1, 2].flatMap((row) => axes.map((unit) => unit[row]!));
  const upright = { size, spacingMm: grid.spacingMm, direction, origin: [0, 0, 0] as const };
  return { ...upright, origin: subtract(centre(grid), centre(upright)) };
}

/** The whole numbers i for which start + i·step lies in [low, high], cut to [first, last]. */
function within(start: number, step: number, low: number, high: number, [first, last]: readonly number[]) {
  if (Math.abs(step) < 1e-12) return start >= low && start <= high ? [first!, last!] : [0, -1];
  const [a, b] = [(low - start) / step, (high - start) / step];
  return [Math.max(first!, Math.ceil(Math.min(a, b))), Math.min(last!, Math.floor(Math.max(a, b)))];
}

/**
 * Writes plane `k` of `target` into `out`, which holds all planes: the trilinear value of the source at each voxel
 * centre. A voxel of the source reaches half a voxel beyond its centre; what lies outside of them all stays as it is.
 */
export function resamplePlane(source: Sampled, target: Grid, k: number, out: Float32Array): void {
  const { data } = source;
  const [nx, ny, nz] = source.size;
  const [width, height] = target.size;
  const corner = toVoxel(source, toWorld(target, [0, 0, k]));
  const [du, dv] = [
    subtract(toVoxel(source, toWorld(target, [1, 0, k])), corner),
    subtract(toVoxel(source, toWorld(target, [0, 1, k])), corner),
  ];
  for (let j = 0; j < height; j++) {
    const [x0, y0, z0] = [corner[0] + j * dv[0], corner[1] + j * dv[1], corner[2] + j * dv[2]];
    let range: readonly number[] = [0, width - 1];
    range = within(x0, du[0], -0.5, nx - 0.5, range);
    range = within(y0, du[1], -0.5, ny - 0.5, range);
    range = within(z0, du[2], -0.5, nz - 0.5, range);
    const row = width * (j + height * k);
    for (let i = range[0]!; i <= range[1]!; i++) {
      out[row + i] = trilinear(data, nx, ny, nz, x0 + i * du[0], y0 + i * du[1], z0 + i * du[2]);
    }
  }
}
