import {
  identity,
  invert,
  type Mat4,
  PhotopeakError,
  transformPoint,
  translation,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { Foreground } from './foreground.ts';
import { compare, DEFAULT_LEVELS, type Level, type LevelOptions, levelsOf } from './levels.ts';
import { maximise } from './powell.ts';
import { parametersOf, type RigidParameters, rigidMatrix } from './rigid-transform.ts';
import type { Similarity } from './similarity.ts';

export interface RigidOptions {
  /**
   * Where to start, a matrix from the moving to the fixed image. Default: `identity`, right where both images share
   * a frame of reference. `search` tries the centres of mass and shifts along the body and keeps the best: for
   * images of different frames of reference.
   */
  readonly initial?: Mat4 | 'identity' | 'search';
  readonly levels?: readonly LevelOptions[];
  /** Chooses the scattered points; another seed gives an independent sample. */
  readonly seed?: number;
  /** Default true: a second optimisation from another start and other points gives `uncertaintyMm`. */
  readonly secondStart?: boolean;
}

export interface RigidResult {
  /** Maps a point of the MOVING image (LPS mm) to the FIXED image, as DICOM's Spatial Registration wants it. */
  readonly matrix: Mat4;
  /** The inverse: the pull transform that resamples the moving image on the grid of the fixed one. */
  readonly pull: Mat4;
  /**
   * Largest disagreement in mm, at the corners of the box around the body, with a second optimisation that started
   * elsewhere and compared other points. Undefined without a second start. It shows whether the optimum is sharp; it
   * cannot show motion that no rigid transform describes.
   */
  readonly uncertaintyMm: number | undefined;
  /** Normalised mutual information (1 … 2) at the result and at the start, on the finest level. */
  readonly metric: { readonly name: 'NMI'; readonly value: number; readonly atStart: number };
  readonly evaluations: number;
  /** Corners of the box around the body of the fixed image, LPS mm. */
  readonly bodyCorners: readonly Vec3[];
}

/** Shifts along the body, in mm, tried where nothing is known about the position. */
function searchStarts(fixed: Foreground, moving: Foreground): Mat4[] {
  const centre = moving.centre.map((mm, axis) => mm - fixed.centre[axis]!) as unknown as Vec3;
  const starts: Mat4[] = [identity, translation(centre)];
  const reach = Math.max(fixed.high[2] - fixed.low[2], moving.high[2] - moving.low[2]);
  const step = 25;
  const steps = Math.min(40, Math.ceil(reach / (2 * step)));
  for (let n = 1; n <= steps; n++)
    for (const sign of [1, -1]) starts.push(translation([centre[0], centre[1], centre[2] + sign * n * step]));
  return starts;
}

/** Starts that are carried through the coarsest level before one is chosen. */
const KEPT_STARTS = 4;

function corners(low: Vec3, high: Vec3): Vec3[] {
  const found: Vec3[] = [];
  for (const x of [low[0], high[0]])
    for (const y of [low[1], high[1]]) for (const z of [low[2], high[2]]) found.push([x, y, z]);
  return found;
}

/** Largest distance in mm between the images of the points under two transforms. */
export function largestDisagreementMm(a: Mat4, b: Mat4, points: readonly Vec3[]): number {
  let largest = 0;
  for (const point of points) {
    const p = transformPoint(a, point);
    const q = transformPoint(b, point);
    largest = Math.max(largest, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  return largest;
}

/** The second start: off the first result by more than the capture range of the finest level. */
const SECOND_START_MM = [3, -2.5, 3.5, -4, 5, -6] as const;

/**
 * Rigid registration of two images of one patient by normalised mutual information on a pyramid, with Powell's method.
 * Deterministic: scattered points come from a counter, sums run in one order on one thread.
 *
 * Fails with REGISTRATION_EMPTY where an image shows no body, REGISTRATION_NO_OVERLAP where the bodies do not meet
 * at the given start.
 */
export function registerRigid(fixed: Volume, moving: Volume, options: RigidOptions = {}): RigidResult {
  const seed = options.seed ?? 1;
  const levelOptions = options.levels ?? DEFAULT_LEVELS;
  const { levels, body, movingBody } = levelsOf(fixed, moving, levelOptions, seed);
  const coarse = levels[0]!;
  const centre = body.centre;
  let evaluations = 0;

  const run = (level: Level, metric: Similarity, start: RigidParameters, stepMm = level.options.stepMm) => {
    const f = (parameters: Float64Array) => metric.evaluate(rigidMatrix(parameters, centre));
    return maximise(f, start, { step: stepMm, tolerance: level.options.toleranceMm, sweeps: 20 });
  };

  let parameters: RigidParameters;
  if (options.initial === 'search') {
    const metric = compare(coarse, body, seed);
    const ranked = searchStarts(body, movingBody)
      .map((pull) => ({ pull, value: metric.evaluate(pull) }))
      .filter((start) => start.value > 0)
      .sort((a, b) => b.value - a.value)
      .slice(0, KEPT_STARTS)
      .map((start) => run(coarse, metric, parametersOf(start.pull, centre)))
      .sort((a, b) => b.value - a.value);
    evaluations += metric.evaluations;
    parameters = ranked[0]?.point ?? new Float64Array(6);
  } else {
    const initial = options.initial;
    parameters = parametersOf(
      initial === undefined || initial === 'identity' ? identity : invert(initial),
      centre,
    );
  }
  const startPull = rigidMatrix(parameters, centre);
  if (compare(coarse, body, seed).evaluate(startPull) === 0) {
    throw new PhotopeakError('The two images do not overlap', {
      code: 'REGISTRATION_NO_OVERLAP',
      expected: 'at least a fifth of the body of one image inside the other',
      found: 'less',
      remedy: 'Start with `search`, or give a first transform; check that both images show the same region.',
    });
  }

  let value = 0;
  let fineMetric: Similarity | undefined;
  for (const level of levels) {
    const metric = compare(level, body, seed);
    const found = run(level, metric, parameters);
    parameters = found.point;
    value = found.value;
    evaluations += metric.evaluations;
    fineMetric = metric;
  }
  const pull = rigidMatrix(parameters, centre);
  const atStart = fineMetric!.evaluate(startPull);

  const bodyCorners = corners(body.low, body.high);
  let uncertaintyMm: number | undefined;
  if (options.secondStart ?? true) {
    let second: RigidParameters = parameters.map((mm, n) => mm + SECOND_START_MM[n]!);
    for (const level of levels.slice(1).length > 0 ? levels.slice(1) : levels) {
      const metric = compare(level, body, seed + 1);
      second = run(level, metric, second).point;
      evaluations += metric.evaluations;
    }
    uncertaintyMm = largestDisagreementMm(pull, rigidMatrix(second, centre), bodyCorners);
  }
  return {
    matrix: invert(pull),
    pull,
    uncertaintyMm,
    metric: { name: 'NMI', value, atStart },
    evaluations,
    bodyCorners,
  };
}
