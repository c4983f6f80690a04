import {
  type DisplacementField,
  type Grid,
  type Interpolation,
  invert,
  type Mat4,
  multiply,
  resample,
  transformPoint,
  transformVector,
  type Vec3,
  type Volume,
  voxelCount,
  voxelToWorld,
  worldToVoxel,
} from '@photopeak/imaging';

/**
 * How one image is brought to another: a point x of the fixed image (LPS mm) shows the same part of the body as the
 * point `pull(x + field(x))` of the moving image. The field is trilinear between its nodes; beyond its outer faces
 * there is no displacement. A rigid or affine registration has no field.
 */
export interface Deformation {
  readonly pull: Mat4;
  readonly field?: DisplacementField;
}

/** Writes the displacement at a point into `out`; zero outside of the field. */
export function displacementSampler(field: DisplacementField): (point: Vec3, out: Float64Array) => void {
  const m = worldToVoxel(field);
  const [nx, ny, nz] = field.size;
  const { data } = field;
  const last = [nx - 1, ny - 1, nz - 1] as const;
  const step = [nx > 1 ? 3 : 0, ny > 1 ? 3 * nx : 0, nz > 1 ? 3 * nx * ny : 0] as const;
  const base = [0, 0, 0];
  const upper = [0, 0, 0];
  return ([x, y, z], out) => {
    out[0] = 0;
    out[1] = 0;
    out[2] = 0;
    for (let axis = 0; axis < 3; axis++) {
      const v = m[4 * axis]! * x + m[4 * axis + 1]! * y + m[4 * axis + 2]! * z + m[4 * axis + 3]!;
      if (!(v >= -0.5 && v <= last[axis]! + 0.5)) return;
      const inside = Math.min(Math.max(v, 0), last[axis]!);
      base[axis] = Math.min(Math.floor(inside), Math.max(0, last[axis]! - 1));
      upper[axis] = inside - base[axis]!;
    }
    const from = 3 * (base[0]! + nx * (base[1]! + ny * base[2]!));
    for (let corner = 0; corner < 8; corner++) {
      let weight = 1;
      let at = from;
      for (let axis = 0; axis < 3; axis++) {
        const isUpper = (corner >> axis) & 1;
        weight *= isUpper ? upper[axis]! : 1 - upper[axis]!;
        if (isUpper) at += step[axis]!;
      }
      if (weight === 0) continue;
      for (let axis = 0; axis < 3; axis++) out[axis]! += weight * data[at + axis]!;
    }
  };
}

/** The point of the moving image (LPS mm) under each of some points of the fixed one. */
export function toMoving(deformation: Deformation, points: readonly Vec3[]): Vec3[] {
  const { field, pull } = deformation;
  if (field === undefined) return points.map((point) => transformPoint(pull, point));
  const sample = displacementSampler(field);
  const u = new Float64Array(3);
  return points.map((point) => {
    sample(point, u);
    return transformPoint(pull, [point[0] + u[0]!, point[1] + u[1]!, point[2] + u[2]!]);
  });
}

const INVERSE_STEPS = 50;
const INVERSE_TOLERANCE_MM = 1e-4;

/** Solves x + u(x) = z by fixed-point iteration (Chen et al. 2008), which converges where the field does not fold. */
function inversePoint(sample: (point: Vec3, out: Float64Array) => void, z: Vec3, u: Float64Array): Vec3 {
  let x = z;
  for (let step = 0; step < INVERSE_STEPS; step++) {
    sample(x, u);
    const next: Vec3 = [z[0] - u[0]!, z[1] - u[1]!, z[2] - u[2]!];
    const moved = Math.max(Math.abs(next[0] - x[0]), Math.abs(next[1] - x[1]), Math.abs(next[2] - x[2]));
    x = next;
    if (moved < INVERSE_TOLERANCE_MM) break;
  }
  return x;
}

/** The point of the fixed image (LPS mm) for each of some points of the moving one. */
export function toFixed(deformation: Deformation, points: readonly Vec3[]): Vec3[] {
  const push = invert(deformation.pull);
  if (deformation.field === undefined) return points.map((point) => transformPoint(push, point));
  const sample = displacementSampler(deformation.field);
  const u = new Float64Array(3);
  return points.map((point) => inversePoint(sample, transformPoint(push, point), u));
}

/** The moving image on voxels of the fixed one. */
export function warp(
  moving: Volume,
  deformation: Deformation,
  options: { readonly grid: Grid; readonly interpolation?: Interpolation; readonly outside?: number },
): Promise<Volume> {
  return resample(moving, {
    grid: options.grid,
    transform: deformation.pull,
    ...(deformation.field === undefined ? {} : { field: deformation.field }),
    interpolation: options.interpolation ?? 'linear',
    outside: options.outside ?? 0,
  });
}

function fieldOn(grid: Grid, displacementAt: (point: Vec3) => Vec3): DisplacementField {
  const data = new Float32Array(new SharedArrayBuffer(12 * voxelCount(grid)));
  const m = voxelToWorld(grid);
  const [nx, ny, nz] = grid.size;
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        for (const mm of displacementAt(transformPoint(m, [i, j, k]))) data[at++] = mm;
      }
  const { size, spacingMm, origin, direction } = grid;
  return { size, spacingMm, origin, direction, data };
}

/** Axes of length 1 and the spacing that they had. */
function turned(grid: Grid, matrix: Mat4): Grid {
  const d = grid.direction;
  const columns = [0, 1, 2].map((axis) =>
    transformVector(matrix, [d[axis]!, d[3 + axis]!, d[6 + axis]!]),
  ) as [Vec3, Vec3, Vec3];
  const lengths = columns.map((column) => Math.hypot(...column));
  const unit = columns.map((column, axis) => column.map((v) => v / lengths[axis]!)) as [
    number[],
    number[],
    number[],
  ];
  return {
    size: grid.size,
    spacingMm: grid.spacingMm.map((mm, axis) => mm * lengths[axis]!) as unknown as Vec3,
    origin: transformPoint(matrix, grid.origin),
    direction: [0, 1, 2].flatMap((row) => unit.map((column) => column[row]!)) as unknown as Grid['direction'],
  };
}

/**
 * The way back: fixed and moving image change places. Its field lies on the nodes of the given one as the pull moves
 * them, and is exact there to 1e-4 mm where the field does not fold.
 */
export function invertDeformation(deformation: Deformation): Deformation {
  const { field, pull } = deformation;
  const push = invert(pull);
  if (field === undefined) return { pull: push };
  const sample = displacementSampler(field);
  const u = new Float64Array(3);
  // y ↦ push(y + w(y)) with w the displacement at z = push(y), turned by the linear part of the pull.
  const back = fieldOn(turned(field, pull), (y) => {
    const z = transformPoint(push, y);
    const x = inversePoint(sample, z, u);
    return transformVector(pull, [x[0] - z[0], x[1] - z[1], x[2] - z[2]]);
  });
  return { pull: push, field: back };
}

/** One after the other: `first` leads from image A to B, `second` from B to C; the result from A to C, on `first`'s nodes. */
export function composeDeformations(first: Deformation, second: Deformation, grid?: Grid): Deformation {
  const pull = multiply(second.pull, first.pull);
  const nodes = grid ?? first.field ?? (second.field && turned(second.field, invert(first.pull)));
  if (nodes === undefined) return { pull };
  const back = invert(pull);
  const field = fieldOn(nodes, (x) => {
    const to = toMoving(second, toMoving(first, [x]))[0]!;
    const z = transformPoint(back, to);
    return [z[0] - x[0], z[1] - x[1], z[2] - x[2]];
  });
  return { pull, field };
}
