import {
  type Grid,
  type Mat4,
  multiply,
  type Volume,
  type VoxelArray,
  voxelToWorld,
  worldToVoxel,
} from '@photopeak/imaging';

/** Linear interpolation at a voxel position; undefined further than half a voxel outside. */
export function valueAt(volume: Volume, x: number, y: number, z: number): number | undefined {
  const [nx, ny, nz] = volume.size;
  if (!(x >= -0.5 && y >= -0.5 && z >= -0.5 && x <= nx - 0.5 && y <= ny - 0.5 && z <= nz - 0.5))
    return undefined;
  const cx = Math.min(Math.max(x, 0), nx - 1);
  const cy = Math.min(Math.max(y, 0), ny - 1);
  const cz = Math.min(Math.max(z, 0), nz - 1);
  const ix = Math.min(Math.floor(cx), Math.max(nx - 2, 0));
  const iy = Math.min(Math.floor(cy), Math.max(ny - 2, 0));
  const iz = Math.min(Math.floor(cz), Math.max(nz - 2, 0));
  const fx = cx - ix;
  const fy = cy - iy;
  const fz = cz - iz;
  const dx = nx > 1 ? 1 : 0;
  const dy = ny > 1 ? nx : 0;
  const dz = nz > 1 ? nx * ny : 0;
  const at = ix + nx * (iy + ny * iz);
  const data = volume.data;
  const c00 = data[at]! + (data[at + dx]! - data[at]!) * fx;
  const c10 = data[at + dy]! + (data[at + dy + dx]! - data[at + dy]!) * fx;
  const c01 = data[at + dz]! + (data[at + dz + dx]! - data[at + dz]!) * fx;
  const c11 = data[at + dz + dy]! + (data[at + dz + dy + dx]! - data[at + dz + dy]!) * fx;
  const c0 = c00 + (c10 - c00) * fy;
  const c1 = c01 + (c11 - c01) * fy;
  return c0 + (c1 - c0) * fz;
}

/** Matrix from the voxels of `target` to the voxels of `source`; `pull` maps target points to source points (LPS mm). */
export function voxelMap(target: Grid, source: Grid, pull?: Mat4): Mat4 {
  const toTargetWorld = voxelToWorld(target);
  const inSource = pull === undefined ? toTargetWorld : multiply(pull, toTargetWorld);
  return multiply(worldToVoxel(source), inSource);
}

/** Linear resampling on one thread for the small working volumes; `outside` where the source has no data. */
export function sampleOnto(
  source: Volume,
  target: Grid,
  options: { readonly outside: number; readonly pull?: Mat4 },
): Volume<Float32Array> {
  const m = voxelMap(target, source, options.pull);
  const isAligned = [1, 2, 4, 6, 8, 9].every((at) => m[at] === 0);
  return {
    size: target.size,
    spacingMm: target.spacingMm,
    origin: target.origin,
    direction: target.direction,
    data: isAligned
      ? sampleAligned(source, target, m, options.outside)
      : sampleTurned(source, target, m, options.outside),
    unit: source.unit,
  };
}

function sampleTurned(source: Volume, target: Grid, m: Mat4, outside: number): Float32Array {
  const [nx, ny, nz] = target.size;
  const data = new Float32Array(nx * ny * nz);
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let x = m[1] * j + m[2] * k + m[3];
      let y = m[5] * j + m[6] * k + m[7];
      let z = m[9] * j + m[10] * k + m[11];
      for (let i = 0; i < nx; i++) {
        data[index++] = valueAt(source, x, y, z) ?? outside;
        x += m[0];
        y += m[4];
        z += m[8];
      }
    }
  return data;
}

/** Where the voxels along one axis of the target lie in the source: the voxel before, the way to the next. */
interface Places {
  /** −1 outside. */
  readonly cell: Int32Array;
  readonly share: Float64Array;
}

function placesOf(count: number, size: number, positions: (index: number) => number): Places {
  const cell = new Int32Array(count).fill(-1);
  const share = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const at = positions(index);
    if (!(at >= -0.5 && at <= size - 0.5)) continue;
    const inside = Math.min(Math.max(at, 0), size - 1);
    cell[index] = Math.min(Math.floor(inside), Math.max(size - 2, 0));
    share[index] = inside - cell[index]!;
  }
  return { cell, share };
}

/** The same values where the axes of both grids lie along each other: each axis is looked at once, not each voxel. */
function sampleAligned(source: Volume, target: Grid, m: Mat4, outside: number): Float32Array {
  const [nx, ny, nz] = target.size;
  const [sx, sy, sz] = source.size;
  const data = new Float32Array(nx * ny * nz).fill(outside);
  const voxels = asFloats(source);
  let x = m[3];
  const alongX = placesOf(nx, sx, (i) => {
    if (i > 0) x += m[0];
    return x;
  });
  const alongY = placesOf(ny, sy, (j) => m[5] * j + m[7]);
  const alongZ = placesOf(nz, sz, (k) => m[10] * k + m[11]);
  const dx = sx > 1 ? 1 : 0;
  const dy = sy > 1 ? sx : 0;
  const dz = sz > 1 ? sx * sy : 0;
  for (let k = 0; k < nz; k++) {
    const iz = alongZ.cell[k]!;
    if (iz < 0) continue;
    const fz = alongZ.share[k]!;
    for (let j = 0; j < ny; j++) {
      const iy = alongY.cell[j]!;
      if (iy < 0) continue;
      const fy = alongY.share[j]!;
      const from = sx * (iy + sy * iz);
      const to = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) {
        const ix = alongX.cell[i]!;
        if (ix < 0) continue;
        const fx = alongX.share[i]!;
        const at = from + ix;
        const c00 = voxels[at]! + (voxels[at + dx]! - voxels[at]!) * fx;
        const c10 = voxels[at + dy]! + (voxels[at + dy + dx]! - voxels[at + dy]!) * fx;
        const c01 = voxels[at + dz]! + (voxels[at + dz + dx]! - voxels[at + dz]!) * fx;
        const c11 = voxels[at + dz + dy]! + (voxels[at + dz + dy + dx]! - voxels[at + dz + dy]!) * fx;
        const c0 = c00 + (c10 - c00) * fy;
        const c1 = c01 + (c11 - c01) * fy;
        data[to + i] = c0 + (c1 - c0) * fz;
      }
    }
  }
  return data;
}

/** Values of one array type, for loops that are compiled once; of integers only those that a float holds. */
function asFloats({ data }: Volume): VoxelArray {
  const isExact =
    data instanceof Int16Array ||
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Int8Array;
  return isExact ? Float32Array.from(data) : data;
}

/** Nearest-neighbour labels of `source` on `target`, 0 outside. */
export function labelsOnto(source: Volume, target: Grid, pull?: Mat4): Volume<Uint8Array> {
  const m = voxelMap(target, source, pull);
  const [nx, ny, nz] = target.size;
  const [sx, sy, sz] = source.size;
  const labels = source.data;
  const data = new Uint8Array(nx * ny * nz);
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, index++) {
        const x = Math.round(m[0] * i + m[1] * j + m[2] * k + m[3]);
        const y = Math.round(m[4] * i + m[5] * j + m[6] * k + m[7]);
        const z = Math.round(m[8] * i + m[9] * j + m[10] * k + m[11]);
        if (x < 0 || y < 0 || z < 0 || x >= sx || y >= sy || z >= sz) continue;
        data[index] = labels[x + sx * (y + sy * z)]!;
      }
  return {
    size: target.size,
    spacingMm: target.spacingMm,
    origin: target.origin,
    direction: target.direction,
    data,
    unit: '1',
  };
}
