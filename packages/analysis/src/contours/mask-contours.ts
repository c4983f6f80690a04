import { type Grid, PhotopeakError, type Volume, voxelToWorld } from '@photopeak/imaging';
import type { SliceContour } from './contour.ts';
import { joinHoles } from './keyhole.ts';
import { type Loop, signedArea2, simplifyLoop } from './simplify.ts';
import { type Inside, traceSlice, type Window } from './trace.ts';

export interface ContourOptions {
  /**
   * Corners may be left out as long as none of them lies further than this from the contour, in voxels. Default 0.1.
   * Below 0.35 filling the contours gives back every voxel: no centre is nearer to the exact contour.
   */
  readonly toleranceVoxels?: number;
  /**
   * `keyhole` (default): one polygon for each outer contour, holes joined to it by channels of no width.
   * `separate`: each hole is a contour of its own, to be combined by exclusive or.
   */
  readonly holes?: 'keyhole' | 'separate';
}

const DEFAULT_TOLERANCE = 0.1;
/** Half the diagonal of a corner that marching squares cuts: √2 / 4. */
const LARGEST_TOLERANCE = 0.35;

/** The contours of a mask on each slice k of its grid, from low to high. Fails with CONTOUR_TOLERANCE. */
export function maskContours(mask: Volume<Uint8Array>, options: ContourOptions = {}): SliceContour[] {
  return labelContours(mask, [], options).get(undefined) ?? [];
}

/**
 * The contours of several labels of a label map, each slice of it read once; with no label, of all that is not zero,
 * under the key `undefined`. A label that does not occur has no contours. Fails with CONTOUR_TOLERANCE.
 */
export function labelContours(
  labels: Volume,
  wanted: readonly number[],
  options: ContourOptions = {},
): Map<number | undefined, SliceContour[]> {
  checkOptions(options);
  const keys = wanted.length === 0 ? [undefined] : wanted;
  const found = new Map<number | undefined, SliceContour[]>(keys.map((key) => [key, []]));
  const toWorld = voxelToWorld(labels);
  const [columns, rows, slices] = labels.size;
  const windows = new Windows(wanted);
  for (let k = 0; k < slices; k++) {
    const start = k * columns * rows;
    for (const [label, window] of windows.of(labels.data, start, columns, rows)) {
      const inside: Inside = label === undefined ? { kind: 'mask' } : { kind: 'label', label };
      const loops = traceSlice({ data: labels.data, start, columns, rows, window }, inside);
      for (const contour of finish(loops, options, toWorld, k)) found.get(label)?.push(contour);
    }
  }
  return found;
}

/**
 * The contours of a volume where it crosses a level, by linear interpolation between the voxels: smooth where a mask
 * was resampled to fractions, or a dose or uptake is outlined. Fails with CONTOUR_TOLERANCE.
 */
export function levelContours(volume: Volume, level: number, options: ContourOptions = {}): SliceContour[] {
  checkOptions(options);
  const toWorld = voxelToWorld(volume);
  const [columns, rows, slices] = volume.size;
  const contours: SliceContour[] = [];
  for (let k = 0; k < slices; k++) {
    const start = k * columns * rows;
    const window = windowAbove(volume, level, start);
    if (window === undefined) continue;
    const loops = traceSlice({ data: volume.data, start, columns, rows, window }, { kind: 'level', level });
    contours.push(...finish(loops, options, toWorld, k));
  }
  return contours;
}

function checkOptions({ toleranceVoxels = DEFAULT_TOLERANCE }: ContourOptions): void {
  if (toleranceVoxels >= 0 && toleranceVoxels <= LARGEST_TOLERANCE) return;
  throw new PhotopeakError('contours cannot be drawn with this tolerance', {
    code: 'CONTOUR_TOLERANCE',
    expected: `0 to ${LARGEST_TOLERANCE} voxels, so that filling them gives back the voxels`,
    found: String(toleranceVoxels),
  });
}

function finish(
  loops: readonly Loop[],
  { toleranceVoxels = DEFAULT_TOLERANCE, holes = 'keyhole' }: ContourOptions,
  toWorld: ReturnType<typeof voxelToWorld>,
  slice: number,
): SliceContour[] {
  const simple = loops.map((loop) => simplifyLoop(loop, toleranceVoxels));
  const polygons = holes === 'keyhole' ? joinHoles(simple) : simple;
  return polygons.map((loop) => ({
    slice,
    isHole: holes === 'separate' && signedArea2(loop) < 0,
    points: inSpace(loop, slice, toWorld),
  }));
}

function inSpace(loop: Loop, k: number, m: ReturnType<typeof voxelToWorld>): Float64Array {
  const count = loop.length / 2;
  const points = new Float64Array(count * 3);
  for (let index = 0; index < count; index++) {
    const i = loop[2 * index]!;
    const j = loop[2 * index + 1]!;
    points[3 * index] = m[0] * i + m[1] * j + m[2] * k + m[3];
    points[3 * index + 1] = m[4] * i + m[5] * j + m[6] * k + m[7];
    points[3 * index + 2] = m[8] * i + m[9] * j + m[10] * k + m[11];
  }
  return points;
}

/** Where on a slice each label occurs. */
class Windows {
  readonly #wanted: readonly number[];
  /** Place of a label in the arrays below; absent: not wanted. */
  readonly #slots = new Map<number, number>();
  readonly #edges: Int32Array;

  constructor(wanted: readonly number[]) {
    this.#wanted = wanted;
    for (const [slot, label] of wanted.entries()) this.#slots.set(label, slot);
    this.#edges = new Int32Array(4 * Math.max(1, wanted.length));
  }

  of(
    data: ArrayLike<number>,
    start: number,
    columns: number,
    rows: number,
  ): (readonly [number | undefined, Window])[] {
    const edges = this.#edges;
    for (let at = 0; at < edges.length; at += 4) edges.set([columns, rows, -1, -1], at);
    const isMask = this.#wanted.length === 0;
    for (let y = 0; y < rows; y++) {
      const row = start + y * columns;
      for (let x = 0; x < columns; ) {
        const value = data[row + x]!;
        const first = x;
        do x++;
        while (x < columns && data[row + x] === value);
        if (value === 0) continue;
        const slot = isMask ? 0 : this.#slots.get(value);
        if (slot === undefined) continue;
        const at = 4 * slot;
        if (first < edges[at]!) edges[at] = first;
        if (y < edges[at + 1]!) edges[at + 1] = y;
        if (x - 1 > edges[at + 2]!) edges[at + 2] = x - 1;
        edges[at + 3] = y;
      }
    }
    const keys = isMask ? [undefined] : this.#wanted;
    return keys.flatMap((key, slot) => {
      const [left, top, right, bottom] = edges.subarray(4 * slot, 4 * slot + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      return bottom < 0 ? [] : [[key, { left, top, right, bottom }] as const];
    });
  }
}

function windowAbove(volume: Grid & { readonly data: ArrayLike<number> }, level: number, start: number) {
  const [columns, rows] = volume.size;
  let [left, top, right, bottom] = [columns, rows, -1, -1];
  for (let y = 0; y < rows; y++) {
    const row = start + y * columns;
    for (let x = 0; x < columns; x++) {
      if (!(volume.data[row + x]! >= level)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return bottom < 0 ? undefined : { left, top, right, bottom };
}
