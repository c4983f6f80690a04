import type { Vec3, Volume } from '@photopeak/imaging';
import { robustLeastSquares } from './least-squares.ts';
import { along, anyFrame, dot, unit } from './vector.ts';
import { type Candidate, sampler } from './wall-contrast.ts';

/** Angles on the meridian, from the apex to somewhat beyond the widest place, and around the axis. */
const MERIDIANS = 16;
const LAST_MERIDIAN = 1.8;
const AROUND = 36;
/** How far from the model the wall is looked for along the normal, mm. */
const REACH_MM = 10;
const STEP_MM = 1;
const STEPS = (2 * REACH_MM) / STEP_MM + 1;
/**
 * A wall that stands out less than this share of a strong one does not lead the fit. Little is enough: where the apex has
 * lost most of its uptake, what is left there is all that tells the length.
 */
const LEAST_STRENGTH = 0.05;
const ROUNDS = 6;
const HUBER_MM = 2.5;
const LEVER_MM = 40;
/** Variance of a wall of 10 mm: what of the width of a profile is not the resolution. */
const WALL_VARIANCE_MM2 = 100 / 12;
const VARIANCE_LIMITS_MM2 = [4, 64] as const;

interface Node {
  readonly meridian: number;
  readonly across: Vec3;
  /** Area that the node stands for, relative. */
  readonly area: number;
}

interface Peak {
  readonly position: Vec3;
  readonly normal: Vec3;
  /** Sum of the two curvatures of the surface, 1/mm. */
  readonly curvature: number;
  readonly strength: number;
  readonly area: number;
  readonly profile: Float64Array;
  readonly place: number;
}

function nodes({ axis }: Candidate): Node[] {
  const [p, q] = anyFrame(axis);
  return Array.from({ length: MERIDIANS * AROUND }, (_, n) => {
    const meridian = ((Math.floor(n / AROUND) + 0.5) / MERIDIANS) * LAST_MERIDIAN;
    const turn = ((n % AROUND) * 2 * Math.PI) / AROUND;
    return {
      meridian,
      across: along(along([0, 0, 0], p, Math.cos(turn)), q, Math.sin(turn)),
      area: Math.sin(meridian),
    };
  });
}

/** The highest place along the normal through a node. */
function peakAt(
  sample: (x: number, y: number, z: number) => number,
  wall: Candidate,
  node: Node,
): Peak | undefined {
  const { centre, axis, radiusMm: R, lengthMm: L } = wall;
  const sine = Math.sin(node.meridian);
  const cosine = Math.cos(node.meridian);
  const speed = Math.hypot(R * cosine, L * sine);
  const normal = along(along([0, 0, 0], axis, (R * cosine) / speed), node.across, (L * sine) / speed);
  const on = along(along(centre, axis, L * cosine), node.across, R * sine);
  const profile = new Float64Array(STEPS);
  let top = 0;
  for (let n = 0; n < STEPS; n++) {
    const [x, y, z] = along(on, normal, n * STEP_MM - REACH_MM);
    profile[n] = sample(x, y, z);
    if (profile[n]! > profile[top]!) top = n;
  }
  if (top === 0 || top === STEPS - 1) return undefined;
  const [before, at, after] = [profile[top - 1]!, profile[top]!, profile[top + 1]!];
  const bend = before - 2 * at + after;
  const place = (top + (bend < 0 ? (before - after) / (2 * bend) : 0)) * STEP_MM - REACH_MM;
  return {
    position: along(on, normal, place),
    normal,
    // Principal curvatures of an ellipsoid of revolution, along the meridian and around.
    curvature: (R * L) / speed ** 3 + L / (R * speed),
    strength: at - (profile[0]! + profile[STEPS - 1]!) / 2,
    area: node.area * speed,
    profile,
    place,
  };
}

/** Variance of the point spread from the mean profile across the strong parts of the wall, mm². */
function resolution(peaks: readonly Peak[], strong: number): number {
  let top = 0;
  let beside = 0;
  const arm = 4;
  for (const { profile, place, strength } of peaks) {
    const middle = Math.round((place + REACH_MM) / STEP_MM);
    if (strength < 0.6 * strong || middle < arm || middle >= STEPS - arm) continue;
    top += profile[middle]!;
    beside += (profile[middle - arm]! + profile[middle + arm]!) / 2;
  }
  const [low, high] = VARIANCE_LIMITS_MM2;
  if (!(beside < top)) return high;
  // A Gaussian falls by exp(−arm² / 2σ²).
  const width = arm ** 2 / (2 * Math.log(top / beside));
  return Math.min(high, Math.max(low, width - WALL_VARIANCE_MM2));
}

export interface RefinedWall extends Candidate {
  /** Estimated resolution of the image, full width at half maximum, mm. */
  readonly fwhmMm: number;
  /** Root mean square distance of the wall that was seen from the ellipsoid, mm. */
  readonly residualMm: number;
}

/**
 * The half ellipsoid through the middle of the wall by least squares: along each normal the highest place is taken,
 * moved outwards by what blur shifts the ridge of a curved wall (half the variance of the point spread times the sum
 * of the curvatures), and the ellipsoid is fitted to these points with robust weights; repeated. `volume` has voxels
 * of a few millimetres around the heart.
 */
export function refineWall(volume: Volume, start: Candidate): RefinedWall {
  const sample = sampler(volume);
  let wall: Candidate = start;
  let variance = 30;
  let residualMm = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const peaks = nodes(wall).flatMap((node) => peakAt(sample, wall, node) ?? []);
    const strengths = peaks.map(({ strength }) => strength).sort((a, b) => a - b);
    const strong = strengths[Math.floor(strengths.length * 0.8)] ?? 0;
    if (!(strong > 0)) break;
    variance = resolution(peaks, strong);
    const points = peaks.flatMap(({ position, normal, curvature, strength, area }) => {
      const weight = area * Math.min(1, strength / strong - LEAST_STRENGTH);
      return weight <= 0 ? [] : [{ weight, position: along(position, normal, (variance * curvature) / 2) }];
    });
    const all = points.reduce((sum, { weight }) => sum + weight, 0);
    const weights = Float64Array.from(points, ({ weight }) => (weight * points.length) / all);
    const [p, q] = anyFrame(wall.axis);
    const from = wall;
    const at = (x: Float64Array): Candidate => ({
      centre: along(from.centre, [x[0]!, x[1]!, x[2]!], 1),
      axis: unit(along(along(from.axis, p, x[3]! / LEVER_MM), q, x[4]! / LEVER_MM)),
      radiusMm: Math.max(5, from.radiusMm + x[5]!),
      lengthMm: Math.max(10, from.lengthMm + x[6]!),
    });
    const distances = (candidate: Candidate) =>
      Float64Array.from(points, ({ position }) => distance(candidate, position));
    const found = robustLeastSquares((x) => ({ values: distances(at(x)), weights }), new Float64Array(7), {
      huber: HUBER_MM,
      iterations: 10,
    });
    wall = at(found);
    const squares = distances(wall).reduce((sum, value, n) => sum + weights[n]! * value * value, 0);
    residualMm = Math.sqrt(squares / Math.max(1, points.length));
  }
  return { ...wall, fwhmMm: 2.3548 * Math.sqrt(variance), residualMm };
}

/** Distance of a point from the ellipsoid, positive outside; to first order. */
function distance({ centre, axis, radiusMm, lengthMm }: Candidate, point: Vec3): number {
  const d = along(point, centre, -1);
  const height = dot(d, axis);
  const across = Math.sqrt(Math.max(0, dot(d, d) - height * height));
  const u = height / lengthMm;
  const v = across / radiusMm;
  const q = Math.hypot(u, v);
  return ((q - 1) * q) / Math.max(1e-9, Math.hypot(u / lengthMm, v / radiusMm));
}
