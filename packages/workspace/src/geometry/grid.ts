/**
 * Just enough geometry for the panes. Positions are LPS millimetres; matrices are row-major; a direction's columns
 * are the unit vectors of the voxel axes i, j, k; voxels are x fastest.
 */
export type Vec3 = readonly [number, number, number];
/** Row-major 4×4 that acts on column vectors. */
export type Mat4 = readonly number[];

export interface Grid {
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  readonly origin: Vec3;
  /** Nine numbers, row-major. */
  readonly direction: readonly number[];
}

export const identity: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function transformPoint(m: Mat4, p: Vec3): Vec3 {
  return [
    m[0]! * p[0] + m[1]! * p[1] + m[2]! * p[2] + m[3]!,
    m[4]! * p[0] + m[5]! * p[1] + m[6]! * p[2] + m[7]!,
    m[8]! * p[0] + m[9]! * p[1] + m[10]! * p[2] + m[11]!,
  ];
}

/** The unit vector of the voxel axis 0, 1 or 2. */
export function axis(grid: Grid, index: 0 | 1 | 2): Vec3 {
  const d = grid.direction;
  return [d[index]!, d[index + 3]!, d[index + 6]!];
}

export function toWorld(grid: Grid, ijk: Vec3): Vec3 {
  let point = grid.origin;
  for (const index of [0, 1, 2] as const) {
    point = add(point, scale(axis(grid, index), ijk[index] * grid.spacingMm[index]));
  }
  return point;
}

/** Continuous voxel coordinates of a point. */
export function toVoxel(grid: Grid, point: Vec3): Vec3 {
  const offset = subtract(point, grid.origin);
  return [
    dot(offset, axis(grid, 0)) / grid.spacingMm[0],
    dot(offset, axis(grid, 1)) / grid.spacingMm[1],
    dot(offset, axis(grid, 2)) / grid.spacingMm[2],
  ];
}

/** The same voxels at the place to which a rigid transform moves them: new geometry over the same buffer. */
export function moveGrid(grid: Grid, rigid: Mat4): Grid {
  const columns = ([0, 1, 2] as const).map((index) => {
    const moved = transformPoint(rigid, axis(grid, index));
    return [moved[0] - rigid[3]!, moved[1] - rigid[7]!, moved[2] - rigid[11]!] as const;
  });
  const direction = [0, 1, 2].flatMap((row) => columns.map((column) => column[row]!));
  return { ...grid, origin: transformPoint(rigid, grid.origin), direction };
}

export function centre(grid: Grid): Vec3 {
  return toWorld(grid, [(grid.size[0] - 1) / 2, (grid.size[1] - 1) / 2, (grid.size[2] - 1) / 2]);
}

/** The longest way through the volume in mm. */
export function diagonalMm(grid: Grid): number {
  return Math.hypot(...grid.size.map((n, i) => n * grid.spacingMm[i]!));
}

/** Lowest and highest projection of the voxel centres on a unit vector. */
export function extentAlong(grid: Grid, direction: Vec3): readonly [number, number] {
  const start = dot(grid.origin, direction);
  let low = start;
  let high = start;
  for (const index of [0, 1, 2] as const) {
    const step = dot(axis(grid, index), direction) * (grid.size[index] - 1) * grid.spacingMm[index];
    if (step < 0) low += step;
    else high += step;
  }
  return [low, high];
}

/** Distance of neighbouring planes when one pages along `direction`: that of the voxel axis closest to it. */
export function stepAlong(grid: Grid, direction: Vec3): number {
  const alignment = ([0, 1, 2] as const).map((index) => Math.abs(dot(axis(grid, index), direction)));
  const index = alignment.indexOf(Math.max(...alignment)) as 0 | 1 | 2;
  return grid.spacingMm[index];
}
