import type { Grid, Vec3 } from '@photopeak/imaging';
import { dicomError, type Finding, finding } from '../errors/index.ts';
import type { Slice } from './slices.ts';
import { cross, dot, subtract } from './vector.ts';

/** Where the slices of a stack go. */
export interface StackPlan {
  /** Grid of the slices as they lie; with a tilt its k axis is the normal and `shear` says what is still to do. */
  readonly grid: Grid;
  /** Slice for each plane from the lowest along the normal; undefined for one that is missing. */
  readonly planes: readonly (Slice | undefined)[];
  /** In-plane shift in mm, along rows and columns, from each slice to the next; undefined without tilt. */
  readonly shear: readonly [number, number] | undefined;
  readonly findings: readonly Finding[];
}

export interface StackOptions {
  readonly gaps: 'refuse' | 'interpolate';
  readonly tilt: 'shear' | 'refuse' | 'keep';
}

/** Slices off their place by less than this part of the spacing lie where they should: scanners round positions. */
const SILENT_DEVIATION = 0.02;
/** Up to here the nominal spacing is used and the deviation reported; beyond, the stack is refused. */
const NOMINAL_DEVIATION = 0.1;
/** Distances that are a whole multiple of the spacing within this part of it are gaps. */
const GAP_TOLERANCE = 0.1;
const SAME_POSITION_MM = 0.01;
/** In-plane drift over the whole stack below this part of a pixel is rounding. */
const DRIFT_TOLERANCE = 0.1;
const MAX_PLANES = 20_000;

function refuse(
  code: Parameters<typeof dicomError>[0],
  message: string,
  expected: string,
  found: string,
): Error {
  return dicomError(code, message, { expected, found });
}

function round(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** Orders slices along their normal and checks that they form a rectangular, or evenly sheared, grid. */
export function planStack(slices: readonly Slice[], options: StackOptions): StackPlan {
  const findings: Finding[] = [];
  const first = slices[0];
  if (first?.orientation === undefined || first.pixelSpacing === undefined) {
    throw refuse(
      'SERIES_NO_GEOMETRY',
      'The slices have no place in space',
      'position, orientation, spacing',
      'none',
    );
  }
  const [row, column] = first.orientation;
  const normal = cross(row, column);
  const placed = slices.map((slice) => {
    if (slice.position === undefined) {
      throw refuse(
        'SERIES_NO_GEOMETRY',
        'A slice has no position',
        'a position for each slice',
        'one without',
      );
    }
    return { slice, position: slice.position, at: dot(slice.position, normal) };
  });
  placed.sort(
    (a, b) => a.at - b.at || (a.slice.instance.instanceNumber ?? 0) - (b.slice.instance.instanceNumber ?? 0),
  );
  const unique = placed.filter((entry, i) => i === 0 || entry.at - placed[i - 1]!.at > SAME_POSITION_MM);
  if (unique.length < placed.length) {
    findings.push(
      finding(
        'SERIES_DUPLICATE_SLICE',
        `${placed.length - unique.length} slices lie where another one does; of each, the first by number is used`,
      ),
    );
  }
  if (slices.some((slice) => slice.assumed)) {
    findings.push(
      finding('SERIES_ORIENTATION_ASSUMED', 'Position or orientation is not in the files; axial is assumed'),
    );
  }
  const lowest = unique[0]!;
  const spacing = spacingAlong(unique, first, options, findings);
  const { step, indices } = spacing;
  const count = indices[indices.length - 1]! + 1;
  const planes: (Slice | undefined)[] = new Array(count).fill(undefined);
  for (const [i, entry] of unique.entries()) planes[indices[i]!] = entry.slice;
  const shear = driftOf(unique, indices, [row, column], first.pixelSpacing, options, step, findings);
  const [betweenRows, betweenColumns] = first.pixelSpacing;
  return {
    grid: {
      size: [first.columns, first.rows, count],
      spacingMm: [betweenColumns, betweenRows, step],
      origin: lowest.position,
      direction: [row[0], column[0], normal[0], row[1], column[1], normal[1], row[2], column[2], normal[2]],
    },
    planes,
    shear,
    findings,
  };
}

interface Placed {
  readonly slice: Slice;
  readonly position: Vec3;
  readonly at: number;
}

/** The even distance of slices and the plane number of each. */
function spacingAlong(
  unique: readonly Placed[],
  first: Slice,
  options: StackOptions,
  findings: Finding[],
): { step: number; indices: number[] } {
  if (unique.length === 1) {
    const step = positive(first.spacingBetweenSlices) ?? positive(first.sliceThickness) ?? 1;
    findings.push(finding('SERIES_SINGLE_SLICE', `One slice; ${round(step)} mm is taken as its thickness`));
    return { step, indices: [0] };
  }
  const distances = unique.slice(1).map((entry, i) => entry.at - unique[i]!.at);
  const nominal = median(distances);
  const indices = [0];
  for (const distance of distances) {
    const steps = distance / nominal;
    const whole = Math.max(1, Math.round(steps));
    const isGap = whole > 1 && Math.abs(steps - whole) <= GAP_TOLERANCE * whole;
    indices.push(indices[indices.length - 1]! + (isGap ? whole : 1));
  }
  const count = indices[indices.length - 1]!;
  const missing = count + 1 - unique.length;
  if (missing > 0) {
    const message = `${missing} of ${count + 1} slices are missing`;
    if (options.gaps === 'refuse' || missing >= unique.length || count >= MAX_PLANES) {
      const largest = Math.max(...distances);
      throw refuse(
        'SERIES_MISSING_SLICES',
        message,
        `slices every ${round(nominal)} mm`,
        `a gap of ${round(largest)} mm`,
      );
    }
    findings.push(
      finding('SERIES_MISSING_SLICES', `${message}; they are interpolated between their neighbours`),
    );
  }
  const step = (unique[unique.length - 1]!.at - unique[0]!.at) / count;
  const deviation = Math.max(
    ...unique.map((entry, i) => Math.abs(entry.at - unique[0]!.at - indices[i]! * step)),
  );
  if (deviation > NOMINAL_DEVIATION * step) {
    throw refuse(
      'SERIES_UNEVEN_SPACING',
      'The slices are not evenly spaced',
      `slices every ${round(nominal)} mm`,
      `distances from ${round(Math.min(...distances))} to ${round(Math.max(...distances))} mm`,
    );
  }
  if (deviation > SILENT_DEVIATION * step) {
    findings.push(
      finding(
        'SERIES_UNEVEN_SPACING',
        `Slices are up to ${round(deviation)} mm off an even ${round(step)} mm`,
      ),
    );
  }
  return { step, indices };
}

/** A shift within the plane that grows evenly from slice to slice: a tilted gantry (PS3.3 C.8.2.1, (0018,1120)). */
function driftOf(
  unique: readonly Placed[],
  indices: readonly number[],
  axes: readonly [Vec3, Vec3],
  pixelSpacing: readonly [number, number],
  options: StackOptions,
  step: number,
  findings: Finding[],
): readonly [number, number] | undefined {
  const start = unique[0]!.position;
  const end = unique[unique.length - 1]!;
  const total = indices[indices.length - 1]!;
  if (total === 0) return undefined;
  const shift = (position: Vec3): [number, number] => {
    const offset = subtract(position, start);
    return [dot(offset, axes[0]), dot(offset, axes[1])];
  };
  const whole = shift(end.position);
  const limits = [pixelSpacing[1], pixelSpacing[0]] as const;
  const perStep: [number, number] = [whole[0] / total, whole[1] / total];
  for (const [i, entry] of unique.entries()) {
    const own = shift(entry.position);
    const off = [0, 1].some((axis) => {
      const expected = perStep[axis]! * indices[i]!;
      return Math.abs(own[axis]! - expected) > limits[axis]! / 2;
    });
    if (off) {
      throw refuse(
        'SERIES_INCONSISTENT',
        'A slice is shifted within its plane',
        'slices above each other',
        'a shift',
      );
    }
  }
  const drifts = [0, 1].some((axis) => Math.abs(whole[axis]!) > DRIFT_TOLERANCE * limits[axis]!);
  if (!drifts) return undefined;
  const degrees = (Math.atan2(Math.hypot(...perStep), step) * 180) / Math.PI;
  const message = `The slices are sheared by ${degrees.toFixed(2)} degrees (gantry tilt)`;
  if (options.tilt === 'refuse') {
    throw refuse('SERIES_GANTRY_TILT', message, 'slices above each other', `${degrees.toFixed(2)} degrees`);
  }
  const isKept = options.tilt === 'keep';
  const done = isKept ? 'they stay as they were stored' : 'they are resampled onto a rectangular grid';
  findings.push(finding('SERIES_GANTRY_TILT', `${message}; ${done}`));
  return isKept ? undefined : perStep;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
