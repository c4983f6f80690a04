import { add, axis, dot, type Grid, scale, subtract, toVoxel, toWorld, type Vec3 } from './grid.ts';
import type { Shape } from './outlines.ts';
import { type Sampled, trilinear } from './sampling.ts';

/**
 * How the PET is deformed to the CT: a point x of the CT shows the same part of the body as the point x + d(x) of the PET.
 * Trilinear between its nodes, nothing beyond them.
 */
export interface DisplacementField extends Grid {
  /** x, y, z in mm of each node. */
  readonly data: Float32Array;
}

/** d(x) in mm. */
export function displacementAt(field: DisplacementField, point: Vec3): Vec3 {
  const [x, y, z] = toVoxel(field, point);
  const [nx, ny, nz] = field.size;
  if (!(x >= 0 && y >= 0 && z >= 0 && x <= nx - 1 && y <= ny - 1 && z <= nz - 1)) return [0, 0, 0];
  const i = Math.min(Math.floor(x), Math.max(nx - 2, 0));
  const j = Math.min(Math.floor(y), Math.max(ny - 2, 0));
  const k = Math.min(Math.floor(z), Math.max(nz - 2, 0));
  const [fx, fy, fz] = [x - i, y - j, z - k];
  const [right, down, deep] = [nx > 1 ? 3 : 0, ny > 1 ? 3 * nx : 0, nz > 1 ? 3 * nx * ny : 0];
  const base = 3 * (i + nx * (j + ny * k));
  const component = (c: 0 | 1 | 2) => {
    const { data } = field;
    const line = (at: number) => data[at]! * (1 - fx) + data[at + right]! * fx;
    const near = line(base + c) * (1 - fy) + line(base + c + down) * fy;
    const far = line(base + c + deep) * (1 - fy) + line(base + c + deep + down) * fy;
    return near * (1 - fz) + far * fz;
  };
  return [component(0), component(1), component(2)];
}

/** Where the PET shows what lies at a point of the CT. */
export const toPet = (field: DisplacementField, point: Vec3): Vec3 =>
  add(point, displacementAt(field, point));

const ITERATIONS = 30;
const CLOSE_MM = 1e-3;

/** Where the CT shows what lies at a point of the PET, by fixed-point iteration. */
export function toCt(field: DisplacementField, point: Vec3): Vec3 {
  let at = point;
  for (let n = 0; n < ITERATIONS; n++) {
    const next = subtract(point, displacementAt(field, at));
    const step = Math.hypot(...subtract(next, at));
    at = next;
    if (step < CLOSE_MM) break;
  }
  return at;
}

/** Displacements are asked at least twice between two nodes, and are linear in between. */
const ASKED_PER_NODE = 2;

/** Writes plane `k` of `target` into `out` as `resamplePlane` does, deformed. */
export function deformPlane(
  source: Sampled,
  field: DisplacementField,
  target: Grid,
  k: number,
  out: Float32Array,
): void {
  const { data } = source;
  const [nx, ny, nz] = source.size;
  const [width, height] = target.size;
  const axes = ([0, 1, 2] as const).map((index) => scale(axis(source, index), 1 / source.spacingMm[index]));
  const inVoxels = (mm: Vec3): Vec3 => [dot(axes[0]!, mm), dot(axes[1]!, mm), dot(axes[2]!, mm)];
  const apart = Math.max(1, Math.floor(Math.min(...field.spacingMm) / ASKED_PER_NODE / target.spacingMm[0]));
  const right = scale(axis(target, 0), target.spacingMm[0]);
  const along = inVoxels(right);
  for (let j = 0; j < height; j++) {
    const first = toWorld(target, [0, j, k]);
    const start = toVoxel(source, first);
    let here = inVoxels(displacementAt(field, first));
    for (let from = 0; from < width; from += apart) {
      const there = inVoxels(displacementAt(field, add(first, scale(right, from + apart))));
      const [dx, dy, dz] = scale(subtract(there, here), 1 / apart);
      for (let i = from; i < Math.min(from + apart, width); i++) {
        const x = start[0] + i * along[0] + here[0] + (i - from) * dx;
        const y = start[1] + i * along[1] + here[1] + (i - from) * dy;
        const z = start[2] + i * along[2] + here[2] + (i - from) * dz;
        if (!(x >= -0.5 && y >= -0.5 && z >= -0.5 && x <= nx - 0.5 && y <= ny - 0.5 && z <= nz - 0.5))
          continue;
        out[i + width * (j + height * k)] = trilinear(data, nx, ny, nz, x, y, z);
      }
      here = there;
    }
  }
}

/** A region of the PET as it lies on the CT: the nearest voxel, on a cut-out that the displacements cannot leave. */
export function deformShape(shape: Shape, field: DisplacementField, largestMm: number): Shape {
  const { grid, mask } = shape;
  const pad = grid.spacingMm.map((mm) => Math.ceil(largestMm / mm)) as unknown as Vec3;
  const size = grid.size.map((n, index) => n + 2 * pad[index]!) as unknown as Vec3;
  const deformed = { ...grid, size, origin: toWorld(grid, scale(pad, -1)) };
  const [nx, ny, nz] = grid.size;
  const out = new Uint8Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const [x, y, z] = toVoxel(grid, toPet(field, toWorld(deformed, [i, j, k]))).map(Math.round) as [
          number,
          number,
          number,
        ];
        if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
        out[at] = mask[x + nx * (y + ny * z)]!;
      }
  return { ...shape, grid: deformed, mask: out };
}

/** The longest displacement, mm. */
export function largestMm({ data }: DisplacementField): number {
  let largest = 0;
  for (let n = 0; n < data.length; n += 3)
    largest = Math.max(largest, data[n]! ** 2 + data[n + 1]! ** 2 + data[n + 2]! ** 2);
  return Math.sqrt(largest);
}
