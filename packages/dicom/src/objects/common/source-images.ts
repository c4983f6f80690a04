import { type Grid, toWorld, type Vec3 } from '@photopeak/imaging';
import type { Dataset } from '../../data/index.ts';
import { objectError } from './errors.ts';
import { type InstanceReference, referenceTo } from './references.ts';

/** One slice of the images that a result was computed from. */
export interface SourceSlice {
  readonly reference: InstanceReference;
  /** 1-based frame of a multi-frame instance. */
  readonly frame?: number;
  /** Image Position (Patient) as the source wrote it; results on the same plane repeat it to the digit. */
  readonly position?: readonly string[];
}

/** The image series that a result lies on: its grid, and one slice for each k of it. */
export interface SourceImages {
  readonly grid: Grid;
  readonly slices: readonly SourceSlice[];
  /** Header of the first slice: frame of reference, compression history, orientation. */
  readonly header: Dataset;
}

/** Positions that differ by less than this are the same plane, written with other digits. */
const SAME_POSITION_MM = 0.02;

/** From the headers of a single-frame series in the order of the grid's slices. */
export function sourceImages(grid: Grid, headers: readonly Dataset[]): SourceImages {
  const header = headers[0];
  if (header === undefined || headers.length !== grid.size[2]) {
    throw objectError('OBJECT_INPUT_INVALID', 'There must be one source header for each slice of the grid', {
      expected: `${grid.size[2]} headers`,
      found: `${headers.length}`,
    });
  }
  return {
    grid,
    header,
    slices: headers.map((slice) => ({
      reference: referenceTo(slice),
      position: slice.texts('ImagePositionPatient'),
    })),
  };
}

/** From one multi-frame instance; `frames` gives the 1-based frame of each slice of the grid. */
export function multiFrameSource(grid: Grid, header: Dataset, frames: readonly number[]): SourceImages {
  if (frames.length !== grid.size[2]) {
    throw objectError('OBJECT_INPUT_INVALID', 'There must be one frame number for each slice of the grid', {
      expected: `${grid.size[2]} frames`,
      found: `${frames.length}`,
    });
  }
  const reference = referenceTo(header);
  return { grid, header, slices: frames.map((frame) => ({ reference, frame })) };
}

const close = (a: readonly number[], b: readonly number[], tolerance: number) =>
  a.length === b.length && a.every((value, index) => Math.abs(value - b[index]!) <= tolerance);

/** Image Position (Patient) of slice k of a grid, in the digits of the source where it is the same plane. */
export function positionOfSlice(grid: Grid, k: number, slice?: SourceSlice): readonly (number | string)[] {
  const position = toWorld(grid, [0, 0, k]);
  const original = slice?.position;
  return original !== undefined && close(original.map(Number), position, SAME_POSITION_MM)
    ? original
    : position;
}

/** Image Orientation (Patient), PS3.3 C.7.6.2.1.1: direction of a row (i), then of a column (j). */
export function orientationOf(grid: Grid, header?: Dataset): readonly (number | string)[] {
  const d = grid.direction;
  const orientation = [d[0], d[3], d[6], d[1], d[4], d[7]];
  const original = header?.texts('ImageOrientationPatient') ?? [];
  return close(original.map(Number), orientation, 1e-5) ? original : orientation;
}

/** Unit normal of the slices: row direction × column direction. Independent of the sense of k. */
export function normalOf(grid: Grid): Vec3 {
  const d = grid.direction;
  return [d[3] * d[7] - d[6] * d[4], d[6] * d[1] - d[0] * d[7], d[0] * d[4] - d[3] * d[1]];
}

/** Planes whose normals differ by more than about 1° have no common slices. */
const PARALLEL_COSINE = 0.9998;

/**
 * For each slice of `grid` the slice of the source that lies under it: the nearest one, if the planes are parallel
 * and less than half a slice apart.
 */
export function underlyingSlices(grid: Grid, source: SourceImages): readonly (SourceSlice | undefined)[] {
  const normal = normalOf(grid);
  const sourceNormal = normalOf(source.grid);
  const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const along = (of: Grid, k: number) => dot(normal, toWorld(of, [0, 0, k]));
  if (Math.abs(dot(normal, sourceNormal)) < PARALLEL_COSINE) return new Array(grid.size[2]).fill(undefined);
  const first = along(source.grid, 0);
  const step = source.grid.size[2] > 1 ? along(source.grid, 1) - first : source.grid.spacingMm[2];
  return Array.from({ length: grid.size[2] }, (_, k) => {
    const nearest = Math.round((along(grid, k) - first) / step);
    return source.slices[nearest];
  });
}
