import { type Grid, requireSameGrid, type VoxelArray } from '@photopeak/imaging';
import { objectError } from '../common/index.ts';
import { packedLength, setBits } from './bits.ts';
import type { SegmentPixels } from './content.ts';

/** One frame to be written: a segment on a slice, and the rows that hold all of its pixels. */
export interface FramePlan {
  /** 1-based; 0 for the frames of a label map, which hold all segments. */
  readonly segment: number;
  readonly k: number;
  readonly firstRow: number;
  /** Last row, inclusive. */
  readonly lastRow: number;
}

export function gridOfPixels(pixels: SegmentPixels): Grid {
  if (pixels.kind === 'labels') return pixels.labels;
  const first = pixels.masks[0];
  if (first === undefined)
    throw objectError('OBJECT_INPUT_INVALID', 'A segmentation needs at least one segment');
  for (const mask of pixels.masks) requireSameGrid(first, mask, 'masks of the segments');
  return first;
}

/** The number of the segment (from 1) for each label value. */
function segmentOfValue(
  pixels: Extract<SegmentPixels, { kind: 'labels' }>,
  segments: number,
): Map<number, number> {
  const values = pixels.values ?? Array.from({ length: segments }, (_, index) => index + 1);
  return new Map(values.slice(0, segments).map((value, index) => [value, index + 1]));
}

/**
 * Finds the frames that are not empty in one pass over the voxels, so that the time does not grow with the number of
 * segments. Sorted by segment, then by slice.
 */
export function planFrames(pixels: SegmentPixels, segments: number): readonly FramePlan[] {
  const grid = gridOfPixels(pixels);
  const [columns, rows, slices] = grid.size;
  const planes = new Map<number, { firstRow: number; lastRow: number }>();
  const note = (segment: number, k: number, row: number) => {
    const key = segment * slices + k;
    const plane = planes.get(key);
    if (plane === undefined) planes.set(key, { firstRow: row, lastRow: row });
    else plane.lastRow = row;
  };
  if (pixels.kind === 'labels') {
    const { data } = pixels.labels;
    const numbers = segmentOfValue(pixels, segments);
    let at = 0;
    for (let k = 0; k < slices; k++) {
      for (let row = 0; row < rows; row++) {
        let previous = 0;
        for (const end = at + columns; at < end; at++) {
          const value = data[at]!;
          if (value === previous) continue;
          previous = value;
          const segment = value === 0 ? undefined : numbers.get(value);
          if (segment !== undefined) note(segment, k, row);
        }
      }
    }
  } else {
    for (const [index, { data }] of pixels.masks.entries()) {
      for (let k = 0; k < slices; k++) {
        for (let row = 0; row < rows; row++) {
          const start = (k * rows + row) * columns;
          if (hasAny(data, start, start + columns)) note(index + 1, k, row);
        }
      }
    }
  }
  return [...planes]
    .sort(([a], [b]) => a - b)
    .map(([key, plane]) => ({ segment: Math.floor(key / slices), k: key % slices, ...plane }));
}

function hasAny(data: VoxelArray, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data[at] !== 0) return true;
  return false;
}

/** Bit-packed pixel data of binary frames, in one pass over the voxels, whatever the number of segments. */
export function packFrames(
  pixels: SegmentPixels,
  frames: readonly FramePlan[],
  segments: number,
): Uint8Array {
  const [columns, rows, slices] = gridOfPixels(pixels).size;
  const area = columns * rows;
  const packed = new Uint8Array(packedLength(frames.length * area));
  if (pixels.kind === 'masks') {
    for (const [index, frame] of frames.entries()) {
      const data = pixels.masks[frame.segment - 1]!.data;
      const start = frame.k * area;
      const first = frame.firstRow * columns;
      setBits(
        packed,
        index * area + first,
        (frame.lastRow + 1) * columns - first,
        (at) => data[start + first + at] !== 0,
      );
    }
    return packed;
  }
  const { data } = pixels.labels;
  const numbers = segmentOfValue(pixels, segments);
  const firstBits = new Map<number, Float64Array>();
  for (const [index, frame] of frames.entries()) {
    const ofSlice = firstBits.get(frame.k) ?? new Float64Array(segments + 1).fill(-1);
    ofSlice[frame.segment] = index * area;
    firstBits.set(frame.k, ofSlice);
  }
  for (let k = 0; k < slices; k++) {
    const ofSlice = firstBits.get(k);
    if (ofSlice === undefined) continue;
    let previous = 0;
    let firstBit = -1;
    for (let pixel = 0; pixel < area; pixel++) {
      const value = data[k * area + pixel]!;
      if (value === 0) continue;
      if (value !== previous) {
        previous = value;
        const segment = numbers.get(value);
        firstBit = segment === undefined ? -1 : ofSlice[segment]!;
      }
      if (firstBit < 0) continue;
      const bit = firstBit + pixel;
      const byte = Math.floor(bit / 8);
      packed[byte] = packed[byte]! | (1 << (bit % 8));
    }
  }
  return packed;
}

/** True when a voxel belongs to two segments. */
export function segmentsOverlap(pixels: SegmentPixels): boolean {
  if (pixels.kind === 'labels' || pixels.masks.length < 2) return false;
  const taken = new Uint8Array(pixels.masks[0]!.data.length);
  for (const { data } of pixels.masks) {
    for (let at = 0; at < taken.length; at++) {
      if (data[at] === 0) continue;
      if (taken[at] === 1) return true;
      taken[at] = 1;
    }
  }
  return false;
}

/** Largest label that fits a byte. */
const BYTE_LIMIT = 255;

/** Label map of the given slices: one value per pixel, the segment number. */
export function labelFrames(
  pixels: SegmentPixels,
  slices: readonly number[],
  segments: number,
): Uint8Array | Uint16Array {
  const [columns, rows] = gridOfPixels(pixels).size;
  const area = columns * rows;
  const Store = segments > BYTE_LIMIT ? Uint16Array : Uint8Array;
  const count = slices.length * area;
  const labels = new Store(Store === Uint8Array ? count + (count & 1) : count);
  const numbers = pixels.kind === 'labels' ? segmentOfValue(pixels, segments) : undefined;
  for (const [index, k] of slices.entries()) {
    for (let offset = 0; offset < area; offset++) {
      const at = k * area + offset;
      if (pixels.kind === 'labels') {
        const value = pixels.labels.data[at]!;
        if (value !== 0) labels[index * area + offset] = numbers!.get(value) ?? 0;
      } else {
        for (const [segment, { data }] of pixels.masks.entries()) {
          if (data[at] !== 0) labels[index * area + offset] = segment + 1;
        }
      }
    }
  }
  return labels;
}
