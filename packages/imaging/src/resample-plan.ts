import type { Box } from './boxes.ts';
import { boxCount } from './pool/arena.ts';
import { type ResamplePlan, resampleBytes } from './pool/operations/resample.ts';
import { PIECE_BYTES } from './pool/staging.ts';
import type { Grid, Mat4, Vec3 } from './volume.ts';
import type { VoxelType } from './voxels.ts';

/** Displacements in LPS mm, three numbers (x, y, z) for each voxel of the grid, interleaved. */
export interface DisplacementField extends Grid {
  readonly data: Float32Array;
}

/** A tile of the target with the boxes of source and field that it reads; no source: it lies outside. */
export interface Tile {
  readonly tile: Box;
  readonly source: Box | undefined;
  readonly field: Box | undefined;
}

/** Target voxels of a tile: enough to outweigh the cost of a message, few enough to stay near the processor. */
const TILE_VOXELS = 1 << 19;
/** With the margins of the spline filter larger tiles pay. */
const CUBIC_TILE_VOXELS = 1 << 20;
const CUBIC_PIECE_BYTES = 2 * PIECE_BYTES;
/** The recursive filter of the cubic spline forgets by √3 − 2 per voxel: 10 voxels leave 2e-6 of an artificial edge. */
const SPLINE_MARGIN = 10;
/** Copying a run of voxels costs about as much as copying this many voxels more. */
const RUN_COST = 100;
/** Entries of a voxel-to-voxel matrix this close to whole numbers (over the whole volume) are rounding. */
const WHOLE = 1e-6;

/** Takes the rounding out of matrices that map voxels onto voxels, so that such a resampling copies exactly. */
export function snapped(m: Mat4, size: Vec3): Mat4 {
  const reach = Math.max(...size);
  return m.map((value, index) => {
    const whole = Math.round(value);
    const error = Math.abs(value - whole) * (index % 4 === 3 ? 1 : reach);
    return error < WHOLE ? whole + 0 : value;
  }) as unknown as Mat4;
}

export function isWhole(m: Mat4): boolean {
  return m.every(Number.isInteger);
}

type Interval = readonly [number, number];

/** Range of an affine function's three results over a box of voxels. */
function reachOf(affine: readonly number[], box: Box): Interval[] {
  return [0, 1, 2].map((row) => {
    let low = affine[row * 4 + 3]!;
    let high = low;
    for (let axis = 0; axis < 3; axis++) {
      const factor = affine[row * 4 + axis]!;
      const ends = [factor * box.start[axis]!, factor * (box.start[axis]! + box.size[axis]! - 1)];
      low += Math.min(...ends);
      high += Math.max(...ends);
    }
    return [low, high];
  });
}

/** The voxels needed to interpolate anywhere in some range, or undefined when it lies outside of the volume. */
function boxAround(reach: readonly Interval[], size: Vec3, margin: number): Box | undefined {
  const start: number[] = [];
  const count: number[] = [];
  for (const [axis, [low, high]] of reach.entries()) {
    const n = size[axis]!;
    if (Number.isNaN(low) || Number.isNaN(high) || high < -0.51 || low > n - 0.49) return undefined;
    const from = Math.min(Math.max(Math.floor(low) - margin, 0), Math.max(0, n - 2));
    const to = Math.max(Math.min(Math.floor(high) + 1 + margin, n - 1), Math.min(1, n - 1));
    // Whole rows are copied at once; cut them only where much is saved.
    const cut = axis > 0 || (to - from + 1) * 2 < n;
    start.push(cut ? from : 0);
    count.push(cut ? to - from + 1 : n);
  }
  return { start: start as unknown as Vec3, size: count as unknown as Vec3 };
}

/** Smallest and largest displacement along x, y and z in a box of the field; 0 is always included. */
function displacements(field: DisplacementField, box: Box): Interval[] {
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  for (let k = 0; k < box.size[2]; k++) {
    for (let j = 0; j < box.size[1]; j++) {
      const row = box.start[0] + field.size[0] * (box.start[1] + j + field.size[1] * (box.start[2] + k));
      for (let at = row * 3; at < (row + box.size[0]) * 3; at += 3) {
        for (let axis = 0; axis < 3; axis++) {
          const value = field.data[at + axis]!;
          if (value < low[axis]!) low[axis] = value;
          if (value > high[axis]!) high[axis] = value;
        }
      }
    }
  }
  return low.map((value, axis) => [value, high[axis]!]);
}

function boxesOf(plan: ResamplePlan, field: DisplacementField | undefined, tile: Box): Tile {
  let reach = reachOf(plan.affine, tile);
  let fieldBox: Box | undefined;
  if (plan.field !== undefined && field !== undefined) {
    fieldBox = boxAround(reachOf(plan.field.affine, tile), plan.field.size, 0);
    if (fieldBox !== undefined) {
      const shifts = displacements(field, fieldBox);
      const { fromMm } = plan.field;
      reach = reach.map(([low, high], row) => {
        const moved = shifts.map(([a, b], axis) => [
          fromMm[row * 3 + axis]! * a,
          fromMm[row * 3 + axis]! * b,
        ]);
        return [
          moved.reduce((sum, ends) => sum + Math.min(...ends), low),
          moved.reduce((sum, ends) => sum + Math.max(...ends), high),
        ];
      });
    }
  }
  const margin = plan.mode === 'cubic' ? SPLINE_MARGIN + 2 : 1;
  return { tile, source: boxAround(reach, plan.size, margin), field: fieldBox };
}

/** Splits the target into tiles that fit the arena; the split depends on geometry only, never on threads. */
export function* tiles(
  plan: ResamplePlan,
  field: DisplacementField | undefined,
  size: Vec3,
  from: VoxelType,
  to: VoxelType,
): Generator<Tile & { readonly bytes: number }> {
  const cubic = plan.mode === 'cubic';
  const mostVoxels = cubic ? CUBIC_TILE_VOXELS : TILE_VOXELS;
  const mostBytes = cubic ? CUBIC_PIECE_BYTES : PIECE_BYTES;
  const open: Box[] = [{ start: [0, 0, 0], size }];
  for (let tile = open.pop(); tile !== undefined; tile = open.pop()) {
    if (boxCount(tile) > mostVoxels) {
      open.push(...bestHalves(plan, tile));
      continue;
    }
    const boxes = boxesOf(plan, field, tile);
    const source = boxes.source ?? { start: [0, 0, 0], size: [0, 0, 0] };
    const bytes = resampleBytes(plan.mode, from, to, tile, source, boxes.field);
    if (bytes > mostBytes && boxCount(tile) > 1) {
      open.push(...bestHalves(plan, tile));
      continue;
    }
    yield { ...boxes, bytes };
  }
}

/** The halves that read least of the source. */
function bestHalves(plan: ResamplePlan, tile: Box): [Box, Box] {
  let best: [Box, Box] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const axis of [2, 1, 0] as const) {
    if (tile.size[axis] === 1) continue;
    const parts = halves(tile, axis);
    const cost = parts.reduce((sum, part) => sum + costOf(plan, part), 0);
    if (cost < least) {
      least = cost;
      best = parts;
    }
  }
  return best ?? [tile, tile];
}

function costOf(plan: ResamplePlan, tile: Box): number {
  const { source } = boxesOf(plan, undefined, tile);
  // Rows of the target are runs to copy as well.
  const written = RUN_COST * tile.size[2] * tile.size[1];
  if (source === undefined) return written;
  const wholeRows = source.size[0] === plan.size[0];
  return boxCount(source) + written + RUN_COST * source.size[2] * (wholeRows ? 1 : source.size[1]);
}

function halves(box: Box, axis: 0 | 1 | 2): [Box, Box] {
  const first = Math.ceil(box.size[axis] / 2);
  const part = (from: number, count: number): Box => ({
    start: box.start.map((value, index) => (index === axis ? value + from : value)) as unknown as Vec3,
    size: box.size.map((value, index) => (index === axis ? count : value)) as unknown as Vec3,
  });
  // The last pushed is taken first: planes come in order.
  return [part(first, box.size[axis] - first), part(0, first)];
}
