import { add, axis, dot, type Grid, scale, subtract, toVoxel, toWorld, type Vec3 } from './grid.ts';

/** One labelled region, cut out of the label map with a margin of one voxel, so that the map need not be kept. */
export interface Shape {
  readonly label: number;
  /** Geometry of the cut-out. */
  readonly grid: Grid;
  /** 0 or 1 per voxel. */
  readonly mask: Uint8Array;
}

/** A plane with its two axes, in LPS mm. `depth` looks from the viewer into the plane. */
export interface Plane {
  readonly origin: Vec3;
  readonly right: Vec3;
  readonly up: Vec3;
  readonly depth: Vec3;
}

/** Line segments in millimetres on the plane (along `right`, along `up`): u0, v0, u1, v1, … */
export type Segments = Float32Array;

/** Cuts every label of a map out of it in one pass over the voxels. */
export function extractShapes(map: Grid & { readonly data: Uint16Array }): Shape[] {
  const [nx, ny, nz] = map.size;
  const boxes = new Map<number, [number, number, number, number, number, number]>();
  let offset = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, offset++) {
        const label = map.data[offset]!;
        if (label === 0) continue;
        const box = boxes.get(label);
        if (box === undefined) boxes.set(label, [i, j, k, i, j, k]);
        else {
          if (i < box[0]) box[0] = i;
          if (j < box[1]) box[1] = j;
          if (i > box[3]) box[3] = i;
          if (j > box[4]) box[4] = j;
          box[5] = k;
        }
      }
    }
  }
  return [...boxes]
    .sort(([a], [b]) => a - b)
    .map(([label, [i0, j0, k0, i1, j1, k1]]) => {
      const start: Vec3 = [i0 - 1, j0 - 1, k0 - 1];
      const size: Vec3 = [i1 - i0 + 3, j1 - j0 + 3, k1 - k0 + 3];
      const mask = new Uint8Array(size[0] * size[1] * size[2]);
      for (let k = k0; k <= k1; k++) {
        for (let j = j0; j <= j1; j++) {
          for (let i = i0; i <= i1; i++) {
            if (map.data[i + nx * (j + ny * k)] !== label) continue;
            mask[i - start[0] + size[0] * (j - start[1] + size[1] * (k - start[2]))] = 1;
          }
        }
      }
      const { spacingMm, direction } = map;
      return { label, mask, grid: { size, spacingMm, direction, origin: toWorld(map, start) } };
    });
}

/** Trilinear value of the mask at continuous voxel coordinates; 0 outside. */
function interpolate(shape: Shape, x: number, y: number, z: number): number {
  const [nx, ny, nz] = shape.grid.size;
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  if (i < 0 || j < 0 || k < 0 || i >= nx - 1 || j >= ny - 1 || k >= nz - 1) return 0;
  const [fx, fy, fz] = [x - i, y - j, z - k];
  const { mask } = shape;
  const base = i + nx * (j + ny * k);
  const line = (at: number) => mask[at]! * (1 - fx) + mask[at + 1]! * fx;
  const near = line(base) * (1 - fy) + line(base + nx) * fy;
  const far = line(base + nx * ny) * (1 - fy) + line(base + nx * ny + nx) * fy;
  return near * (1 - fz) + far * fz;
}

function boundsOn(shape: Shape, plane: Plane) {
  const { grid } = shape;
  const range = (direction: Vec3) => {
    let low = dot(subtract(grid.origin, plane.origin), direction);
    let high = low;
    for (const index of [0, 1, 2] as const) {
      const step = dot(axis(grid, index), direction) * (grid.size[index] - 1) * grid.spacingMm[index];
      if (step < 0) low += step;
      else high += step;
    }
    return [low, high] as const;
  };
  return { u: range(plane.right), v: range(plane.up), w: range(plane.depth) };
}

/** Which cell edges a contour joins, for the sixteen cases of marching squares; edges: 0 bottom, 1 right, 2 top, 3 left. */
const cases: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [
    [3, 2],
    [0, 1],
  ],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[0, 2]],
  [
    [0, 3],
    [1, 2],
  ],
  [[1, 2]],
  [[1, 3]],
  [[0, 1]],
  [[0, 3]],
  [],
];

const LEVEL = 0.5;

function contour(field: Float32Array, columns: number, rows: number, u0: number, v0: number, step: number) {
  const segments: number[] = [];
  const cross = (a: number, b: number) => (LEVEL - a) / (b - a);
  for (let r = 0; r < rows - 1; r++) {
    for (let c = 0; c < columns - 1; c++) {
      const at = c + columns * r;
      const [a, b, d, e] = [field[at]!, field[at + 1]!, field[at + columns + 1]!, field[at + columns]!];
      const index = (a >= LEVEL ? 1 : 0) | (b >= LEVEL ? 2 : 0) | (d >= LEVEL ? 4 : 0) | (e >= LEVEL ? 8 : 0);
      const point = (edge: number): readonly [number, number] => {
        if (edge === 0) return [c + cross(a, b), r];
        if (edge === 1) return [c + 1, r + cross(b, d)];
        if (edge === 2) return [c + cross(e, d), r + 1];
        return [c, r + cross(a, e)];
      };
      for (const [from, to] of cases[index]!) {
        for (const [x, y] of [point(from), point(to)]) segments.push(u0 + x * step, v0 + y * step);
      }
    }
  }
  return Float32Array.from(segments);
}

/** No outline needs more cells than this across; it bounds the work for a large region. */
const MAXIMUM_CELLS = 96;

/**
 * The outline of a region on a plane: the half-height line of its trilinearly interpolated mask; with `project`
 * that of its silhouette along the line of sight. Empty when the plane misses the region.
 */
export function outline(shape: Shape, plane: Plane, options: { readonly project: boolean }): Segments {
  const { u, v, w } = boundsOn(shape, plane);
  if (!options.project && (w[0] > 0 || w[1] < 0)) return new Float32Array();
  const span = Math.max(u[1] - u[0], v[1] - v[0]);
  const step = Math.max(Math.min(...shape.grid.spacingMm) / 2, span / MAXIMUM_CELLS);
  const columns = Math.ceil((u[1] - u[0]) / step) + 3;
  const rows = Math.ceil((v[1] - v[0]) / step) + 3;
  const [u0, v0] = [u[0] - step, v[0] - step];
  const { grid } = shape;
  // Voxel coordinates are affine in (u, v, w): one origin and three increments replace a transform per sample.
  const start = toVoxel(grid, add(plane.origin, add(scale(plane.right, u0), scale(plane.up, v0))));
  const origin = toVoxel(grid, plane.origin);
  const increment = (direction: Vec3): Vec3 =>
    subtract(toVoxel(grid, add(plane.origin, scale(direction, step))), origin);
  const [du, dv, dw] = [increment(plane.right), increment(plane.up), increment(plane.depth)];
  const [first, last] = options.project ? [Math.floor(w[0] / step), Math.ceil(w[1] / step)] : [0, 0];
  const field = new Float32Array(columns * rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = start[0] + du[0] * c + dv[0] * r;
      const y = start[1] + du[1] * c + dv[1] * r;
      const z = start[2] + du[2] * c + dv[2] * r;
      let value = 0;
      for (let d = first; d <= last && value < 1; d++) {
        value = Math.max(value, interpolate(shape, x + dw[0] * d, y + dw[1] * d, z + dw[2] * d));
      }
      field[c + columns * r] = value;
    }
  }
  return contour(field, columns, rows, u0, v0, step);
}
