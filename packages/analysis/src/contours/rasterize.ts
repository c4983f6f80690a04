import {
  emptyVolume,
  type Grid,
  gridOf,
  type Mask,
  type Mat4,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
  worldToVoxel,
} from '@photopeak/imaging';
import { type PlanarContour, pointOf } from './contour.ts';
import { addCoverage, type Edges, fillCentres, snap } from './scan-lines.ts';
import { type ContourPlane, type ContourStack, cross, dot, planeAt, stackContours } from './stack.ts';

/** Contours within about 2.5° of the slices of the grid are filled slice by slice. */
const PARALLEL_COSINE = 0.999;
/** Scan lines per row of voxels, and their share along the normal, where shares of voxels are asked for. */
const COVERAGE_LINES = 8;

/** Edges of all contours of a plane, in the 2D coordinates that `project` gives. */
export function edgesOf(
  contours: readonly PlanarContour[],
  project: (point: Vec3) => readonly [number, number],
): Edges {
  let count = 0;
  for (const contour of contours) count += contour.points.length / 3;
  const edges = new Float64Array(count * 4);
  let at = 0;
  for (const { points } of contours) {
    const corners = points.length / 3;
    let [x, y] = project(pointOf(points, corners - 1));
    for (let index = 0; index < corners; index++) {
      const next = project(pointOf(points, index));
      edges[at] = x;
      edges[at + 1] = y;
      edges[at + 2] = next[0];
      edges[at + 3] = next[1];
      at += 4;
      [x, y] = next;
    }
  }
  return edges;
}

type FillSlice = (k: number, edges: Edges, weight: number) => void;

/** Goes through the slices of a grid that lies along the planes; `weight` is the share of a slice that is filled. */
function eachParallelSlice(
  stack: ContourStack,
  grid: Grid,
  toVoxel: Mat4,
  fill: FillSlice,
  levels: number,
): void {
  const slices = grid.size[2];
  const spacingMm = stack.spacingMm ?? grid.spacingMm[2];
  const edges = new Map<ContourPlane, Edges>();
  const edgesIn = (plane: ContourPlane): Edges => {
    const known = edges.get(plane);
    if (known !== undefined) return known;
    const made = edgesOf(plane.contours, (point) => {
      const [i, j] = transformPoint(toVoxel, point);
      return [snap(i), snap(j)];
    });
    // A plane serves one slice, or a few that follow each other.
    edges.clear();
    edges.set(plane, made);
    return made;
  };
  for (let k = 0; k < slices; k++) {
    for (let level = 0; level < levels; level++) {
      const at = k + (level + 0.5) / levels - 0.5;
      const plane = planeAt(stack, dot(stack.normal, toWorld(grid, [0, 0, at])), spacingMm);
      if (plane !== undefined) fill(k, edgesIn(plane), 1 / levels);
    }
  }
}

function isInside(edges: Edges, x: number, y: number): boolean {
  let inside = false;
  for (let at = 0; at < edges.length; at += 4) {
    const [x1, y1, x2, y2] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside;
}

/** Two axes that span the planes of a stack. */
export function planeAxes(normal: Vec3): readonly [Vec3, Vec3] {
  const helper: Vec3 = Math.abs(normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
  const u = cross(normal, helper);
  const length = Math.hypot(...u);
  const axisU: Vec3 = [u[0] / length, u[1] / length, u[2] / length];
  return [axisU, cross(normal, axisU)];
}

/** Contours that cross the slices of the grid: each voxel centre is tested in the plane nearest to it. */
function fillAcross(stack: ContourStack, grid: Grid, toVoxel: Mat4, data: Uint8Array): void {
  const [columns, rows, slices] = grid.size;
  const [axisU, axisV] = planeAxes(stack.normal);
  const spacingMm = stack.spacingMm ?? Math.min(...grid.spacingMm);
  const edges = new Map(
    stack.planes.map((plane) => [
      plane,
      edgesOf(plane.contours, (point) => [dot(axisU, point), dot(axisV, point)]),
    ]),
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

const isParallel = (stack: ContourStack, { direction: d }: Grid): boolean =>
  Math.abs(dot(stack.normal, [d[2], d[5], d[8]])) >= PARALLEL_COSINE;

/**
 * The voxels of the grid whose centre lies inside the contours: even-odd rule per plane (nested contours are holes),
 * and between the planes the nearest one within half their distance. Open contours and points enclose nothing. The
 * grid may have any orientation and spacing; it must be in the frame of reference of the contours.
 */
export function contoursToMask(contours: readonly PlanarContour[], grid: Grid): Mask {
  const mask = emptyVolume(grid, 'uint8', '1');
  const stack = stackContours(contours);
  if (stack === undefined) return mask;
  const toVoxel = worldToVoxel(grid);
  if (!isParallel(stack, grid)) {
    fillAcross(stack, grid, toVoxel, mask.data);
    return mask;
  }
  const [columns, rows] = grid.size;
  const area = columns * rows;
  const fill: FillSlice = (k, edges) =>
    fillCentres(mask.data.subarray(k * area, (k + 1) * area), columns, rows, edges);
  eachParallelSlice(stack, grid, toVoxel, fill, 1);
  return mask;
}

/**
 * The share of each voxel (0…1) that lies inside the contours, taken as slabs half way to their neighbours: exact along
 * the rows, to an eighth of a voxel across them and along the normal. The grid must lie along the planes, else the
 * shares are 0 and 1 as of `contoursToMask`.
 */
export function contoursToFractions(contours: readonly PlanarContour[], grid: Grid): Volume<Float32Array> {
  const stack = stackContours(contours);
  if (stack !== undefined && !isParallel(stack, grid)) {
    const { data } = contoursToMask(contours, grid);
    return { ...gridOf(grid), data: Float32Array.from(data), unit: '1' };
  }
  const fractions = emptyVolume(grid, 'float32', '1');
  if (stack === undefined) return fractions;
  const [columns, rows] = grid.size;
  const area = columns * rows;
  const fill: FillSlice = (k, edges, weight) =>
    addCoverage(
      fractions.data.subarray(k * area, (k + 1) * area),
      columns,
      rows,
      edges,
      COVERAGE_LINES,
      weight,
    );
  eachParallelSlice(stack, grid, worldToVoxel(grid), fill, COVERAGE_LINES);
  return fractions;
}
