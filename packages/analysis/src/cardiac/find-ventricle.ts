import {
  type Grid,
  gaussian,
  gridCorners,
  PhotopeakError,
  type Vec3,
  type Volume,
  voxelCount,
} from '@photopeak/imaging';
import { maximise } from '../registration/powell.ts';
import { sampleOnto } from '../sampling/index.ts';
import { cavitySeeds } from './seeds.ts';
import { along, anyFrame, dot, unit } from './vector.ts';
import { type Candidate, sampler, wallContrast } from './wall-contrast.ts';

const COARSE_MM = 8;
const SEEDS = 24;
/** Starts that are followed to their best fit. */
const STARTS = 10;
const DIRECTIONS = 40;
const RADII_MM = [20, 26, 33] as const;
const LENGTH_OVER_RADIUS = 2;
/** How far behind a point of the cavity the centre of the ellipsoid may lie, mm. */
const BEHIND_MM = [2, 16] as const;
/** Values above this quantile of what is not background are cut: bowel and liver may be hotter than any wall. */
const LIMIT_QUANTILE = 0.985;
/** Usual direction from base to apex: to the left, front and feet; it weighs a little where patient axes are known. */
export const USUAL_AXIS: Vec3 = unit([0.7, -0.6, -0.35]);
const USUAL_WEIGHT = 0.25;
/** A wall that stands out less than this share of its own value is none. */
const LEAST_CONTRAST = 0.12;
/** Millimetres at the apex that stand for one radian of the axis. */
const LEVER_MM = 40;
const SHAPE_LIMITS = { radius: [13, 50], ratio: [1.25, 3.2] } as const;

export interface FindVentricleOptions {
  /** Where the apex is expected, LPS; the default is the usual one, null where the axes of the patient are unknown. */
  readonly expectedAxis?: Vec3 | null;
  /** Weight of the expectation: how much a wall in its direction counts above one across it. Default 0.25. */
  readonly expectationWeight?: number;
}

/** Fibonacci points: directions of about equal distance on the sphere. */
const SPHERE: readonly Vec3[] = Array.from({ length: DIRECTIONS }, (_, n) => {
  const z = 1 - (2 * n + 1) / DIRECTIONS;
  const radius = Math.sqrt(1 - z * z);
  const angle = n * Math.PI * (3 - Math.sqrt(5));
  return [radius * Math.cos(angle), radius * Math.sin(angle), z];
});

/** An isotropic grid along the patient's axes around all of the volume. */
function workingGrid(grid: Grid, spacing: number): Grid {
  const corners = gridCorners(grid);
  const low = [0, 1, 2].map((axis) => Math.min(...corners.map((corner) => corner[axis]!)));
  const high = [0, 1, 2].map((axis) => Math.max(...corners.map((corner) => corner[axis]!)));
  return {
    size: low.map((from, axis) =>
      Math.max(1, Math.ceil((high[axis]! - from) / spacing) + 1),
    ) as unknown as Vec3,
    spacingMm: [spacing, spacing, spacing],
    origin: low as unknown as Vec3,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

/** Highest value that counts: a quantile of the voxels above a tenth of the maximum. */
function upperLimit(volume: Volume): number {
  const values = Float32Array.from(volume.data as Float32Array);
  values.sort();
  const most = values[values.length - 1] ?? 0;
  let first = 0;
  while (first < values.length && values[first]! <= most / 10) first++;
  return (
    values[Math.min(values.length - 1, Math.floor(first + (values.length - first) * LIMIT_QUANTILE))] ?? 0
  );
}

/** The candidate as numbers of about equal weight: centre, tilt of the axis, radius, length. */
function fit(
  contrast: (candidate: Candidate) => number,
  start: Candidate,
  stepMm: number,
): Candidate & { value: number } {
  const [p, q] = anyFrame(start.axis);
  const at = (x: Float64Array): Candidate => ({
    centre: along(start.centre, [x[0]!, x[1]!, x[2]!], 1),
    axis: unit(along(along(start.axis, p, x[3]! / LEVER_MM), q, x[4]! / LEVER_MM)),
    radiusMm: start.radiusMm + x[5]!,
    lengthMm: start.lengthMm + x[6]!,
  });
  const found = maximise((x) => bounded(contrast, at(x)), new Float64Array(7), {
    step: stepMm,
    tolerance: 0.05,
    sweeps: 25,
  });
  return { ...at(found.point), value: found.value };
}

function bounded(contrast: (candidate: Candidate) => number, candidate: Candidate): number {
  const { radiusMm, lengthMm } = candidate;
  const [least, most] = SHAPE_LIMITS.radius;
  const [short, long] = SHAPE_LIMITS.ratio;
  const isShape =
    radiusMm >= least && radiusMm <= most && lengthMm >= short * radiusMm && lengthMm <= long * radiusMm;
  return isShape ? contrast(candidate) : Number.NEGATIVE_INFINITY;
}

export interface FoundWall extends Candidate {
  /** How much the wall stands out from cavity and surroundings, as a share of its value. */
  readonly contrast: number;
}

/**
 * Finds the wall of the left ventricle anywhere in an emission volume and in any direction: points inside a cavity
 * with a wall around it, then the half ellipsoid whose surface stands out most from what lies inside and outside.
 * Throws `CARDIAC_VENTRICLE_NOT_FOUND`.
 */
export async function findWall(volume: Volume, options: FindVentricleOptions = {}): Promise<FoundWall> {
  const expected = options.expectedAxis === undefined ? USUAL_AXIS : options.expectedAxis;
  const weight = options.expectationWeight ?? USUAL_WEIGHT;
  const fine = await smoothed(volume);
  const limit = upperLimit(fine);
  const coarse = sampleOnto(fine, workingGrid(volume, COARSE_MM), { outside: 0 });
  const sample = sampler(fine);
  const contrast = (candidate: Candidate) => wallContrast(sample, candidate, limit);
  const favour = (axis: Vec3) => (expected === null ? 1 : 1 + weight * dot(axis, expected));
  const starts = cavitySeeds(coarse, limit, SEEDS)
    .flatMap((seed) =>
      SPHERE.flatMap((axis) =>
        RADII_MM.flatMap((radiusMm) =>
          BEHIND_MM.map((behind): Candidate & { value: number } => {
            const centre = along(seed, axis, -behind);
            const candidate = { centre, axis, radiusMm, lengthMm: radiusMm * LENGTH_OVER_RADIUS };
            return { ...candidate, value: contrast(candidate) * favour(axis) };
          }),
        ),
      ),
    )
    .sort((a, b) => b.value - a.value);
  let best: (Candidate & { value: number }) | undefined;
  for (const start of distinct(starts, STARTS)) {
    const found = fit(contrast, start, 6);
    const value = found.value * favour(found.axis);
    if (best === undefined || value > best.value) best = { ...found, value };
  }
  if (best === undefined) throw notFound('no cavity with a wall around it');
  const refined = fit(contrast, best, 2);
  const share = refined.value / Math.max(wallMean(sample, refined), Number.MIN_VALUE);
  if (share < LEAST_CONTRAST) throw notFound(`the best wall stands out by ${(100 * share).toFixed(0)} %`);
  return {
    centre: refined.centre,
    axis: refined.axis,
    radiusMm: refined.radiusMm,
    lengthMm: refined.lengthMm,
    contrast: share,
  };
}

/** Noise of single voxels does not lead the fit. */
const SMOOTH_MM = 2;
/** Larger volumes are looked through on voxels of 4 mm: a quarter of a gigabyte is not needed to find a heart. */
const MOST_VOXELS = 4_000_000;
const REDUCED_MM = 4;

async function smoothed(volume: Volume): Promise<Volume<Float32Array>> {
  const seen =
    voxelCount(volume) > MOST_VOXELS
      ? sampleOnto(volume, workingGrid(volume, REDUCED_MM), { outside: 0 })
      : volume;
  return gaussian(seen, { sigmaMm: SMOOTH_MM });
}

function distinct<T extends Candidate>(sorted: readonly T[], count: number): T[] {
  const taken: T[] = [];
  for (const one of sorted) {
    if (taken.length >= count) break;
    const isNear = taken.some(
      (other) =>
        dot(one.axis, other.axis) > 0.8 &&
        Math.hypot(...one.centre.map((value, n) => value - other.centre[n]!)) < 15,
    );
    if (!isNear) taken.push(one);
  }
  return taken;
}

/** Mean value over the wall. */
function wallMean(sample: (x: number, y: number, z: number) => number, candidate: Candidate): number {
  const [p, q] = anyFrame(candidate.axis);
  let sum = 0;
  let weights = 0;
  for (let n = 1; n <= 12; n++) {
    const angle = (n * Math.PI) / 24;
    for (let a = 0; a < 24; a++) {
      const turn = (a * Math.PI) / 12;
      const across = along(along([0, 0, 0], p, Math.cos(turn)), q, Math.sin(turn));
      const [x, y, z] = along(
        along(candidate.centre, candidate.axis, candidate.lengthMm * Math.cos(angle)),
        across,
        candidate.radiusMm * Math.sin(angle),
      );
      sum += Math.sin(angle) * sample(x, y, z);
      weights += Math.sin(angle);
    }
  }
  return sum / weights;
}

function notFound(found: string): PhotopeakError {
  return new PhotopeakError('no left ventricle was found in the volume', {
    code: 'CARDIAC_VENTRICLE_NOT_FOUND',
    expected: 'the wall of a left ventricle around a cavity',
    found,
    remedy:
      'check that the series is a reconstructed myocardial perfusion study with the heart in its field of view',
  });
}
