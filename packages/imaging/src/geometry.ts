import { PhotopeakError } from './errors.ts';
import type { Grid, Mat3, Mat4, Vec3 } from './volume.ts';

/** The transform that moves nothing. */
export const identity: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** The matrix product a·b: the transform that applies `b` first and `a` second. */
export function multiply(a: Mat4, b: Mat4): Mat4 {
  const product = new Array<number>(16);
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[row * 4 + k]! * b[k * 4 + column]!;
      product[row * 4 + column] = sum;
    }
  }
  return product as unknown as Mat4;
}

/** The inverse of an affine transform (last row 0 0 0 1). Throws `IMAGING_SINGULAR_MATRIX`. */
export function invert(m: Mat4): Mat4 {
  const [a, b, c, x, d, e, f, y, g, h, i, z] = m;
  const A = e * i - f * h;
  const B = f * g - d * i;
  const C = d * h - e * g;
  const determinant = a * A + b * B + c * C;
  if (!Number.isFinite(determinant) || determinant === 0) {
    throw new PhotopeakError('the transform cannot be inverted', {
      code: 'IMAGING_SINGULAR_MATRIX',
      expected: 'an affine matrix with a determinant other than zero',
      found: `determinant ${determinant}`,
      remedy: 'check spacing and direction cosines of the volume, or the registration matrix',
    });
  }
  const s = 1 / determinant;
  const r: Mat3 = [
    A * s,
    (c * h - b * i) * s,
    (b * f - c * e) * s,
    B * s,
    (a * i - c * g) * s,
    (c * d - a * f) * s,
    C * s,
    (b * g - a * h) * s,
    (a * e - b * d) * s,
  ];
  return [
    r[0],
    r[1],
    r[2],
    -(r[0] * x + r[1] * y + r[2] * z),
    r[3],
    r[4],
    r[5],
    -(r[3] * x + r[4] * y + r[5] * z),
    r[6],
    r[7],
    r[8],
    -(r[6] * x + r[7] * y + r[8] * z),
    0,
    0,
    0,
    1,
  ];
}

/** Applies an affine transform to a point. */
export function transformPoint(m: Mat4, [x, y, z]: Vec3): Vec3 {
  return [
    m[0] * x + m[1] * y + m[2] * z + m[3],
    m[4] * x + m[5] * y + m[6] * z + m[7],
    m[8] * x + m[9] * y + m[10] * z + m[11],
  ];
}

/** Applies the linear part of an affine transform to a vector (no translation). */
export function transformVector(m: Mat4, [x, y, z]: Vec3): Vec3 {
  return [m[0] * x + m[1] * y + m[2] * z, m[4] * x + m[5] * y + m[6] * z, m[8] * x + m[9] * y + m[10] * z];
}

/** A shift by `offset` mm. */
export function translation([x, y, z]: Vec3): Mat4 {
  return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z, 0, 0, 0, 1];
}

/** Voxel index (i, j, k) → LPS mm. */
export function voxelToWorld(grid: Grid): Mat4 {
  const [si, sj, sk] = grid.spacingMm;
  const [x, y, z] = grid.origin;
  const d = grid.direction;
  return [
    d[0] * si,
    d[1] * sj,
    d[2] * sk,
    x,
    d[3] * si,
    d[4] * sj,
    d[5] * sk,
    y,
    d[6] * si,
    d[7] * sj,
    d[8] * sk,
    z,
    0,
    0,
    0,
    1,
  ];
}

/** LPS mm → continuous voxel index; voxel centres are whole numbers. */
export function worldToVoxel(grid: Grid): Mat4 {
  return invert(voxelToWorld(grid));
}

/** LPS position in mm of a (continuous) voxel index. */
export function toWorld(grid: Grid, ijk: Vec3): Vec3 {
  return transformPoint(voxelToWorld(grid), ijk);
}

/** Continuous voxel index of an LPS position in mm. */
export function toVoxel(grid: Grid, xyz: Vec3): Vec3 {
  return transformPoint(worldToVoxel(grid), xyz);
}

export function voxelCount(grid: Grid): number {
  return grid.size[0] * grid.size[1] * grid.size[2];
}

/** Volume of one voxel in ml; right for sheared grids too. */
export function voxelVolumeMl(grid: Grid): number {
  const m = voxelToWorld(grid);
  const determinant =
    m[0] * (m[5] * m[10] - m[6] * m[9]) -
    m[1] * (m[4] * m[10] - m[6] * m[8]) +
    m[2] * (m[4] * m[9] - m[5] * m[8]);
  return Math.abs(determinant) / 1000;
}

/** LPS centre of the volume that the grid covers. */
export function gridCenter(grid: Grid): Vec3 {
  const [ni, nj, nk] = grid.size;
  return toWorld(grid, [(ni - 1) / 2, (nj - 1) / 2, (nk - 1) / 2]);
}

/** LPS positions of the eight outermost voxel centres. */
export function gridCorners(grid: Grid): readonly Vec3[] {
  const [ni, nj, nk] = grid.size;
  const corners: Vec3[] = [];
  for (const k of [0, nk - 1])
    for (const j of [0, nj - 1]) for (const i of [0, ni - 1]) corners.push(toWorld(grid, [i, j, k]));
  return corners;
}

/** True when both grids have the same size and no voxel lies further apart than `toleranceMm`. */
export function sameGrid(a: Grid, b: Grid, toleranceMm = 1e-3): boolean {
  if (a.size.some((n, axis) => n !== b.size[axis])) return false;
  const others = gridCorners(b);
  return gridCorners(a).every((corner, index) => {
    const other = others[index]!;
    return Math.hypot(corner[0] - other[0], corner[1] - other[1], corner[2] - other[2]) <= toleranceMm;
  });
}

/** A grid that covers the same space (outer voxel faces) with another spacing; at least one voxel per axis. */
export function withSpacing(grid: Grid, spacingMm: Vec3): Grid {
  const size = [0, 0, 0];
  const first = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const extent = grid.size[axis]! * grid.spacingMm[axis]!;
    const count = Math.max(1, Math.round(extent / spacingMm[axis]!));
    size[axis] = count;
    const firstMm = (extent - count * spacingMm[axis]!) / 2 + (spacingMm[axis]! - grid.spacingMm[axis]!) / 2;
    first[axis] = firstMm / grid.spacingMm[axis]!;
  }
  return {
    size: size as unknown as Vec3,
    spacingMm,
    origin: toWorld(grid, first as unknown as Vec3),
    direction: grid.direction,
  };
}

/** Only the geometry of a volume, without its voxels. */
export function gridOf(grid: Grid): Grid {
  return { size: grid.size, spacingMm: grid.spacingMm, origin: grid.origin, direction: grid.direction };
}
