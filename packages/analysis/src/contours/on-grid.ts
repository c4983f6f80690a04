import {
  crop,
  emptyVolume,
  type Grid,
  gridOf,
  invert,
  type Mask,
  type Mat4,
  resample,
  toVoxel,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { Deformation } from '../registration/index.ts';
import { type PlanarContour, pointOf, type SliceContour } from './contour.ts';
import { type ContourOptions, levelContours } from './mask-contours.ts';
import { contoursToMask } from './rasterize.ts';

/** The region of one image that belongs to a label, outlined at a level of the image itself. */
export interface UptakeRegion {
  readonly values: Volume;
  /** On the grid of `values`. */
  readonly labels: Volume;
  readonly label: number;
  /** The contour runs where the values, cubic between voxels, cross it. */
  readonly level: number;
}

/**
 * The contours of a labelled region on the slices of another image: an isocontour of the values, as wide as the region
 * reaches and without what belongs to other labels. Smooth however coarse the voxels of the region are.
 * `toTarget` maps a point of the region's image to the target (LPS mm).
 */
export async function uptakeContours(
  { values, labels, label, level }: UptakeRegion,
  target: Grid,
  toTarget: Mat4,
  options: ContourOptions = {},
): Promise<SliceContour[]> {
  const box = labelBox(labels, label);
  if (box === undefined) return [];
  const part = crop(values, box);
  const corners = cornersOf(part).map((point) => transformPoint(toTarget, point));
  const place = subgrid(target, corners, 0);
  if (place === undefined) return [];
  const transform = invert(toTarget);
  const { grid } = place;
  const smooth = await resample(part, {
    grid,
    transform,
    interpolation: 'cubic',
    outside: 0,
    type: 'float32',
  });
  const reach = reachOf(part, crop(labels, box), label, level);
  const own = await resample(reach, { grid, transform, interpolation: 'nearest', outside: 0 });
  for (let n = 0; n < smooth.data.length; n++) if (own.data[n] === 0) smooth.data[n] = 0;
  return levelContours(smooth, level, options).map((contour) => ({
    ...contour,
    slice: contour.slice + place.first[2],
  }));
}

/** The voxels between which the isocontour of a region may run: its own, and their neighbours below the level. */
function reachOf(values: Volume, labels: Volume, label: number, level: number): Mask {
  const reach = emptyVolume(labels, 'uint8', '1');
  const [nx, ny, nz] = labels.size;
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        if (labels.data[at] !== label) continue;
        for (let c = Math.max(0, k - 1); c <= Math.min(nz - 1, k + 1); c++)
          for (let b = Math.max(0, j - 1); b <= Math.min(ny - 1, j + 1); b++)
            for (let a = Math.max(0, i - 1); a <= Math.min(nx - 1, i + 1); a++) {
              const near = a + nx * (b + ny * c);
              const isBeside = labels.data[near] === 0 && values.data[near]! < level;
              if (isBeside || labels.data[near] === label) reach.data[near] = 1;
            }
      }
  return reach;
}

/** Inside, as a share of one, of masks whose shares are kept in bytes. */
const WHOLE = 200;
/** A field may move borders by so much beyond what the matrix says. */
const FIELD_MARGIN_MM = 60;

/**
 * Contours of one image (moving) carried to the slices of another (fixed): filled on the image they were drawn on,
 * brought over with linear shares, and outlined at one half.
 */
export async function carriedContours(
  contours: readonly PlanarContour[],
  source: Grid,
  target: Grid,
  { pull, field }: Deformation,
  options: ContourOptions = {},
): Promise<SliceContour[]> {
  const points = contours.flatMap(({ points: all }) =>
    Array.from({ length: all.length / 3 }, (_, index) => pointOf(all, index)),
  );
  const from = subgrid(source, points, 2);
  if (from === undefined) return [];
  const mask = contoursToMask(contours, from.grid);
  const push = invert(pull);
  const margin = field === undefined ? 2 : Math.ceil(FIELD_MARGIN_MM / Math.min(...target.spacingMm));
  const place = subgrid(
    target,
    cornersOf(mask).map((point) => transformPoint(push, point)),
    margin,
  );
  if (place === undefined) return [];
  for (let n = 0; n < mask.data.length; n++) if (mask.data[n] !== 0) mask.data[n] = WHOLE;
  const shares = await resample(mask, {
    grid: place.grid,
    transform: pull,
    ...(field === undefined ? {} : { field }),
    interpolation: 'linear',
    outside: 0,
  });
  return levelContours(shares, WHOLE / 2, options).map((contour) => ({
    ...contour,
    slice: contour.slice + place.first[2],
  }));
}

/** Volume that contours on slices of a grid enclose, ml: their area by the even-odd rule times the slice distance. */
export function contouredMl(contours: readonly SliceContour[], grid: Grid): number {
  let mm3 = 0;
  for (const { points } of contours) mm3 += signedArea(points, grid) * grid.spacingMm[2];
  return Math.abs(mm3) / 1000;
}

/** In the sense of the slices: holes, which run the other way, take away. */
function signedArea(points: Float64Array, { direction: d }: Grid): number {
  const normal: Vec3 = [d[2], d[5], d[8]];
  const count = points.length / 3;
  const first = pointOf(points, 0);
  let sum = 0;
  for (let index = 1; index + 1 < count; index++) {
    const a = pointOf(points, index).map((mm, axis) => mm - first[axis]!) as unknown as Vec3;
    const b = pointOf(points, index + 1).map((mm, axis) => mm - first[axis]!) as unknown as Vec3;
    sum +=
      (normal[0] * (a[1] * b[2] - a[2] * b[1]) +
        normal[1] * (a[2] * b[0] - a[0] * b[2]) +
        normal[2] * (a[0] * b[1] - a[1] * b[0])) /
      2;
  }
  return sum;
}

/** Cubic interpolation reaches so far. */
const AROUND = 4;

function labelBox(labels: Volume, label: number) {
  const [nx, ny, nz] = labels.size;
  const low: [number, number, number] = [nx, ny, nz];
  const high: [number, number, number] = [-1, -1, -1];
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        if (labels.data[at] !== label) continue;
        if (i < low[0]) low[0] = i;
        if (j < low[1]) low[1] = j;
        if (k < low[2]) low[2] = k;
        if (i > high[0]) high[0] = i;
        if (j > high[1]) high[1] = j;
        if (k > high[2]) high[2] = k;
      }
  if (high[0] < 0) return undefined;
  // Voxels around it, for the interpolation at the border.
  const start = low.map((n) => Math.max(0, n - AROUND)) as unknown as Vec3;
  const size = high.map(
    (n, axis) => Math.min(labels.size[axis]! - 1, n + AROUND) - start[axis]! + 1,
  ) as unknown as Vec3;
  return { start, size };
}

/** Outer corners of the voxels of a grid. */
function cornersOf(grid: Grid): Vec3[] {
  const [nx, ny, nz] = grid.size;
  const corners: Vec3[] = [];
  for (const k of [-0.5, nz - 0.5])
    for (const j of [-0.5, ny - 0.5])
      for (const i of [-0.5, nx - 0.5]) corners.push(toWorld(grid, [i, j, k]));
  return corners;
}

/** The part of a grid that holds the points, with a margin of voxels; undefined where none of it does. */
function subgrid(
  grid: Grid,
  points: readonly Vec3[],
  margin: number,
): { readonly grid: Grid; readonly first: Vec3 } | undefined {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const point of points) {
    const voxel = toVoxel(grid, point);
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], voxel[axis]);
      high[axis] = Math.max(high[axis], voxel[axis]);
    }
  }
  const first = low.map((n) => Math.max(0, Math.floor(n) - margin)) as unknown as Vec3;
  const size = high.map(
    (n, axis) => Math.min(grid.size[axis]! - 1, Math.ceil(n) + margin) - first[axis]! + 1,
  ) as unknown as Vec3;
  if (!size.every((n) => n > 0)) return undefined;
  return { grid: { ...gridOf(grid), size, origin: toWorld(grid, first) }, first };
}
