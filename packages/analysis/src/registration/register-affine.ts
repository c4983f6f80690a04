import { invert, type Mat4, multiply, translation, type Vec3, type Volume } from '@photopeak/imaging';
import { compare, DEFAULT_LEVELS, type LevelOptions, levelsOf } from './levels.ts';
import { maximise } from './powell.ts';
import { type RigidOptions, type RigidResult, registerRigid } from './register-rigid.ts';
import { ARC_RADIUS_MM, parametersOf, rigidMatrix } from './rigid-transform.ts';

/** For images with finer voxels than a body needs: a head in MR. */
export const FINE_LEVELS: readonly LevelOptions[] = [
  ...DEFAULT_LEVELS,
  { spacingMm: 2, samples: 40_000, stepMm: 0.3, toleranceMm: 0.02 },
];

export interface AffineOptions extends Omit<RigidOptions, 'secondStart'> {
  /** The rigid registration to begin with; without it one is made. */
  readonly rigid?: RigidResult;
}

export interface AffineResult {
  /** Maps a point of the MOVING image (LPS mm) to the FIXED image. */
  readonly matrix: Mat4;
  readonly pull: Mat4;
  /** Growth along the fixed image's axes of the patient from fixed to moving: 0.01 is one per cent. */
  readonly stretch: Vec3;
  /** Normalised mutual information at the result and at the rigid one. */
  readonly metric: { readonly name: 'NMI'; readonly value: number; readonly rigid: number };
  readonly rigid: RigidResult;
}

/** Scanners' scales differ by a few per cent at most; more would fit what is no distortion. */
const LARGEST_STRETCH = 0.1;

/**
 * Twelve parameters in mm: the rigid six, then three stretches and three shears as the movement at `ARC_RADIUS_MM` from
 * the centre. The stretch comes first, the rigid motion after it.
 */
function affineMatrix(parameters: Float64Array, centre: Vec3): Mat4 {
  const [sx, sy, sz, xy, xz, yz] = [6, 7, 8, 9, 10, 11].map((n) => parameters[n]! / ARC_RADIUS_MM) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const back: Vec3 = [-centre[0], -centre[1], -centre[2]];
  const stretch: Mat4 = [1 + sx, xy, xz, 0, xy, 1 + sy, yz, 0, xz, yz, 1 + sz, 0, 0, 0, 0, 1];
  const about = multiply(translation(centre), multiply(stretch, translation(back)));
  return multiply(rigidMatrix(parameters, centre), about);
}

/**
 * Affine registration: the rigid result, then stretches and shears by the same metric. For images whose scale may
 * differ (MR gradients, cone-beam geometry), not for breathing. Deterministic, on one thread.
 *
 * Fails as `registerRigid` does.
 */
export function registerAffine(fixed: Volume, moving: Volume, options: AffineOptions = {}): AffineResult {
  const seed = options.seed ?? 1;
  const all = options.levels ?? DEFAULT_LEVELS;
  const rigid = options.rigid ?? registerRigid(fixed, moving, { ...options, secondStart: false });
  // The coarsest voxels say nothing about a per cent.
  const { levels, body } = levelsOf(fixed, moving, all.slice(Math.min(1, all.length - 1)), seed);
  const { centre } = body;
  let parameters = new Float64Array(12);
  parameters.set(parametersOf(rigid.pull, centre));
  let value = 0;
  let atRigid = 0;
  for (const level of levels) {
    const metric = compare(level, body, seed);
    const f = (point: Float64Array) => {
      for (let n = 6; n < 12; n++) if (Math.abs(point[n]!) > LARGEST_STRETCH * ARC_RADIUS_MM) return 0;
      return metric.evaluate(affineMatrix(point, centre));
    };
    atRigid = metric.evaluate(rigid.pull);
    const found = maximise(f, parameters, {
      step: level.options.stepMm,
      tolerance: level.options.toleranceMm,
      sweeps: 30,
    });
    parameters = Float64Array.from(found.point);
    value = found.value;
  }
  const pull = affineMatrix(parameters, centre);
  return {
    matrix: invert(pull),
    pull,
    stretch: [6, 7, 8].map((n) => parameters[n]! / ARC_RADIUS_MM) as unknown as Vec3,
    metric: { name: 'NMI', value, rigid: atRigid },
    rigid,
  };
}
