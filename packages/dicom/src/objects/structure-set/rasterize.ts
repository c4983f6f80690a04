import {
  type Grid,
  type Mask,
  type Mat4,
  toWorld,
  transformPoint,
  type Vec3,
  worldToVoxel,
} from '@photopeak/imaging';
import { type ContourPlane, type ContourStack, cross, dot, planeAt, stackContours } from './planes.ts';
import { pointOf, type StructureRoi } from './structure.ts';

/** Contours within about 2.5° of the slices of the grid are filled slice by slice. */
const PARALLEL_COSINE = 0.999;
/** Coordinates are rounded to this fraction of a voxel, so that vertices on voxel centres decide alike everywhere. */
const SNAP = 1e-6;
const snap = (value: number) => Math.round(value / SNAP) * SNAP;

/** Edges of all contours of a plane, x1 y1 x2 y2 each, in the 2D coordinates that `project` gives. */
function edgesOf(plane: ContourPlane, project: (point: Vec3) => readonly [number, number]): Float64Array {
  let count = 0;
  for (const contour of plane.contours) count += contour.points.length / 3;
  const edges = new Float64Array(count * 4);
  let at = 0;
  for (const { points } of plane.contours) {
    const corners = points.length / 3;
    let [x, y] = project(pointOf(points, corners - 1));
    for (let index = 0; index < corners; index++) {
      const next = project(pointOf(points, index));
      edges.set([x, y, next[0], next[1]], at);
      at += 4;
      [x, y] = next;
    }
  }
  return edges;
}

/**
 * Even-odd filling of one slice by scan lines through the voxel centres. All contours of the plane count together:
 * an inner contour is a hole, a keyhole's double edge cancels itself (PS3.3 C.8.8.6.3).
 */
function fillSlice(slice: Uint8Array, columns: number, rows: number, edges: Float64Array): void {
  const crossings: number[][] = [];
  for (let at = 0; at < edges.length; at += 4) {
    const [x1, y1, x2, y2] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
    if (y1 === y2) continue;
    const first = Math.max(0, Math.ceil(Math.min(y1, y2)));
    const last = Math.min(rows - 1, Math.ceil(Math.max(y1, y2)) - 1);
    for (let row = first; row <= last; row++) {
      const x = snap(x1 + ((row - y1) * (x2 - x1)) / (y2 - y1));
      const line = crossings[row];
      if (line === undefined) crossings[row] = [x];
      else line.push(x);
    }
  }
  for (const [row, line] of crossings.entries()) {
    if (line === undefined) continue;
    line.sort((a, b) => a - b);
    for (let index = 0; index + 1 < line.length; index += 2) {
      const first = Math.max(0, Math.ceil(line[index]!));
      const last = Math.min(columns - 1, Math.ceil(line[index + 1]!) - 1);
      if (last >= first) slice.fill(1, row * columns + first, row * columns + last + 1);
    }
  }
}

function fillParallel(stack: ContourStack, grid: Grid, toVoxel: Mat4, data: Uint8Array): void {
  const [columns, rows, slices] = grid.size;
  const spacingMm = stack.spacingMm ?? grid.spacingMm[2];
  for (let k = 0; k < slices; k++) {
    const plane = planeAt(stack, dot(stack.normal, toWorld(grid, [0, 0, k])), spacingMm);
    if (plane === undefined) continue;
    const edges = edgesOf(plane, (point) => {
      const [i, j] = transformPoint(toVoxel, point);
      return [snap(i), snap(j)];
    });
    fillSlice(data.subarray(k * columns * rows, (k + 1) * columns * rows), columns, rows, edges);
  }
}

function isInside(edges: Float64Array, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0; at < edges.length; at += 4) {
    const [x1, y1, x2, y2] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside;
}

/** Contours that cross the slices of the grid: each voxel centre is tested in the plane nearest to it. */
function fillAcross(stack: ContourStack, grid: Grid, toVoxel: Mat4, data: Uint8Array): void {
  const [columns, rows, slices] = grid.size;
  const helper: Vec3 = Math.abs(stack.normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
  const u = cross(stack.normal, helper);
  const length = Math.hypot(...u);
  const axisU: Vec3 = [u[0] / length, u[1] / length, u[2] / length];
  const axisV = cross(stack.normal, axisU);
  const spacingMm = stack.spacingMm ?? Math.min(...grid.spacingMm);
  const edges = new Map(
    stack.planes.map((plane) => [plane, edgesOf(plane, (point) => [dot(axisU, point), dot(axisV, point)])]),
  );
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const plane of stack.planes) {
    for (const { points } of plane.contours) {
      for (let index = 0; index < points.length / 3; index++) {
        const voxel = transformPoint(toVoxel, pointOf(points, index));
        for (const axis of [0, 1, 2] as const) {
          const margin = spacingMm / grid.spacingMm[axis];
          low[axis] = Math.min(low[axis], voxel[axis] - margin);
          high[axis] = Math.max(high[axis], voxel[axis] + margin);
        }
      }
    }
  }
  for (let k = Math.max(0, Math.floor(low[2])); k <= Math.min(slices - 1, Math.ceil(high[2])); k++) {
    for (let j = Math.max(0, Math.floor(low[1])); j <= Math.min(rows - 1, Math.ceil(high[1])); j++) {
      for (let i = Math.max(0, Math.floor(low[0])); i <= Math.min(columns - 1, Math.ceil(high[0])); i++) {
        const point = toWorld(grid, [i, j, k]);
        const plane = planeAt(stack, dot(stack.normal, point), spacingMm);
        if (plane !== undefined && isInside(edges.get(plane)!, dot(axisU, point), dot(axisV, point))) {
          data[i + columns * (j + rows * k)] = 1;
        }
      }
    }
  }
}

/**
 * The voxels of the grid whose centre lies inside the region: even-odd rule per plane (nested contours are holes),
 * and between the planes the nearest one within half their distance. Open contours and points enclose nothing.
 * The grid must be in the frame of reference of the structure set.
 */
export function structureToMask(roi: Pick<StructureRoi, 'contours'>, grid: Grid): Mask {
  const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  const stack = stackContours(roi.contours);
  if (stack !== undefined) {
    const toVoxel = worldToVoxel(grid);
    const slice: Vec3 = [grid.direction[2], grid.direction[5], grid.direction[8]];
    const parallel = Math.abs(dot(stack.normal, slice)) >= PARALLEL_COSINE;
    if (parallel) fillParallel(stack, grid, toVoxel, data);
    else fillAcross(stack, grid, toVoxel, data);
  }
  const { size, spacingMm, origin, direction } = grid;
  return { size, spacingMm, origin, direction, data, unit: '1' };
}
