import {
  type Mat4,
  multiply,
  PhotopeakError,
  transformPoint,
  translation,
  type Vec3,
} from '@photopeak/imaging';
import { eigen } from '../numbers/index.ts';

/** One point of the body as a person marked it in both images, LPS mm. */
export interface LandmarkPair {
  readonly fixed: Vec3;
  readonly moving: Vec3;
}

export interface LandmarkFit {
  /** Moving to fixed, LPS mm. */
  readonly matrix: Mat4;
  /** Distances that remain at the landmarks; how well they agree, not how right they are. */
  readonly residualsMm: readonly number[];
  readonly rmsMm: number;
}

/** A movement about a point of the fixed image. */
export interface Nudge {
  /** mm along the patient's axes (L, P, S). */
  readonly shiftMm: Vec3;
  /** Degrees about them: x, then y, then z. */
  readonly turnDegrees: Vec3;
  readonly about: Vec3;
}

/**
 * A registration moved by hand: shifts in mm along the patient's axes (L, P, S) and turns in degrees about them (x, then
 * y, then z) about a point of the fixed image. `matrix` is the registration before, moving to fixed; so is the result.
 */
export function nudged(matrix: Mat4, nudge: Nudge): Mat4 {
  const [x, y, z] = nudge.turnDegrees.map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
  const turn = (angle: number, a: 0 | 1 | 2, b: 0 | 1 | 2): Mat4 => {
    const m = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    m[5 * a] = Math.cos(angle);
    m[5 * b] = Math.cos(angle);
    m[4 * a + b] = -Math.sin(angle);
    m[4 * b + a] = Math.sin(angle);
    return m as unknown as Mat4;
  };
  const rotation = multiply(turn(z, 0, 1), multiply(turn(y, 2, 0), turn(x, 1, 2)));
  const { about, shiftMm } = nudge;
  const back: Vec3 = [-about[0], -about[1], -about[2]];
  const to: Vec3 = [about[0] + shiftMm[0], about[1] + shiftMm[1], about[2] + shiftMm[2]];
  return multiply(multiply(translation(to), multiply(rotation, translation(back))), matrix);
}

/** Landmarks nearer than this to one line do not say how the body is turned about it. */
const THINNEST_MM = 2;

function meanOf(points: readonly Vec3[]): Vec3 {
  const sum = points.reduce<Vec3>((s, p) => [s[0] + p[0], s[1] + p[1], s[2] + p[2]], [0, 0, 0]);
  return [sum[0] / points.length, sum[1] / points.length, sum[2] / points.length];
}

const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/**
 * The rigid registration that fits pairs of landmarks best in the least-squares sense: Horn's closed form with unit
 * quaternions (J Opt Soc Am A 4:629, 1987). Never a reflection. Throws `REGISTRATION_LANDMARKS` for fewer than three
 * pairs, or points on one line.
 */
export function rigidFromLandmarks(pairs: readonly LandmarkPair[]): LandmarkFit {
  const refuse = (found: string) =>
    new PhotopeakError('these landmarks do not determine a registration', {
      code: 'REGISTRATION_LANDMARKS',
      expected: 'at least three pairs of points that do not lie on one line',
      found,
      remedy: 'Mark more points, far apart in all directions.',
    });
  if (pairs.length < 3) throw refuse(`${pairs.length} pairs`);
  const [fixedMean, movingMean] = [
    meanOf(pairs.map(({ fixed }) => fixed)),
    meanOf(pairs.map(({ moving }) => moving)),
  ];
  const s = new Array<number>(9).fill(0);
  const spread = new Array<number>(9).fill(0);
  for (const { fixed, moving } of pairs) {
    const [a, b] = [minus(moving, movingMean), minus(fixed, fixedMean)];
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++) {
        s[3 * row + column]! += a[row]! * b[column]!;
        spread[3 * row + column]! += a[row]! * a[column]!;
      }
  }
  const widths = eigen(spread, 3)
    .values.map((value) => Math.sqrt(Math.max(0, value) / pairs.length))
    .sort((a, b) => b - a);
  if (widths[1]! < THINNEST_MM) throw refuse(`points within ${widths[1]!.toFixed(1)} mm of one line`);
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = s as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // biome-ignore format: the symmetric matrix of the paper
  const n = [
    xx + yy + zz, yz - zy, zx - xz, xy - yx,
    yz - zy, xx - yy - zz, xy + yx, zx + xz,
    zx - xz, xy + yx, yy - xx - zz, yz + zy,
    xy - yx, zx + xz, yz + zy, zz - xx - yy,
  ];
  const { values, vectors } = eigen(n, 4);
  const best = values.indexOf(Math.max(...values));
  const [w, x, y, z] = [0, 1, 2, 3].map((row) => vectors[4 * row + best]!) as [
    number,
    number,
    number,
    number,
  ];
  // biome-ignore format: rows of a rotation
  const r = [
    w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
  ] as const;
  const turn: Mat4 = [r[0], r[1], r[2], 0, r[3], r[4], r[5], 0, r[6], r[7], r[8], 0, 0, 0, 0, 1];
  const turned = transformPoint(turn, movingMean);
  const matrix = multiply(translation(minus(fixedMean, turned)), turn);
  const residualsMm = pairs.map(({ fixed, moving }) =>
    Math.hypot(...minus(transformPoint(matrix, moving), fixed)),
  );
  const rmsMm = Math.sqrt(residualsMm.reduce((sum, mm) => sum + mm * mm, 0) / pairs.length);
  return { matrix, residualsMm, rmsMm };
}
