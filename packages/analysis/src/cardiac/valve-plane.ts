import type { Volume } from '@photopeak/imaging';
import { robustLeastSquares } from './least-squares.ts';
import { along } from './vector.ts';
import { type Ventricle, wallPoint } from './ventricle.ts';
import { sampler } from './wall-contrast.ts';

const AROUND = 36;
/** Where on the meridian the wall is surely there, and how far behind the centre the valve plane may lie. */
const FROM_ANGLE = Math.PI / 3;
const SURE_ANGLE = Math.PI / 2;
const FURTHEST = 0.8;
/** Length of the wall at the base whose value can be the level that the edge falls from, and how far behind the centre, mm. */
const BASE_MM = 6;
const BASE_WITHIN_MM = 16;
const STEP_MM = 1;
const BESIDE_MM = 6;
/** Angles whose wall has less than this share of the ring's strong parts do not vote. */
const LEAST_SHARE = 0.5;
/** Edges further from the plane count linearly. */
const HUBER_MM = 2;
/** Edges further from the plane of the round before are of a defect at the base and do not count. */
const FARTHEST_MM = 6;
const ROUNDS = 5;
/** Tangent of 20°. */
const STEEPEST = 0.36;

export interface ValvePlane {
  readonly basalMm: number;
  readonly basalTiltMm: readonly [lateral: number, anterior: number];
}

/**
 * The plane where the wall ends: at each angle around the axis the place where the highest value across the wall has
 * fallen to half way between the wall and what lies behind; a plane through these by robust least squares, tilted by
 * at most 20°. Angles whose wall is lost do not vote.
 */
export function findValvePlane(volume: Volume, wall: Omit<Ventricle, keyof ValvePlane>): ValvePlane {
  const ventricle: Ventricle = { ...wall, basalMm: 0, basalTiltMm: [0, 0] };
  const sample = sampler(volume);
  const highest = (meridian: number, around: number): number => {
    const { position, normal } = wallPoint(ventricle, meridian, around);
    let most = 0;
    for (let mm = -BESIDE_MM; mm <= BESIDE_MM; mm += 2)
      most = Math.max(most, sample(...along(position, normal, mm)));
    return most;
  };
  const { lengthMm } = wall;
  const steps = Math.floor((FURTHEST * lengthMm) / STEP_MM);
  const lines = Array.from({ length: AROUND }, (_, a) => {
    const around = (a * 2 * Math.PI) / AROUND;
    let sure = 0;
    let count = 0;
    for (let angle = FROM_ANGLE; angle <= SURE_ANGLE; angle += 0.1, count++) sure += highest(angle, around);
    const behind = Float64Array.from({ length: steps + 1 }, (_, n) =>
      highest(Math.PI / 2 + Math.asin((n * STEP_MM) / lengthMm), around),
    );
    // A defect that ends before the base leaves less of the wall than what the edge falls from.
    const level = Math.max(sure / count, highestMean(behind, BASE_MM / STEP_MM, BASE_WITHIN_MM / STEP_MM));
    return { level, behind, right: Math.cos(around), up: Math.sin(around) };
  });
  const levels = lines.map(({ level }) => level).sort((a, b) => a - b);
  const strong = levels[Math.floor(AROUND * 0.8)]!;
  const edges = lines
    .filter(({ level }) => level >= LEAST_SHARE * strong)
    .map(({ level, behind, right, up }) => ({ mm: edge(behind, level) * STEP_MM, right, up }));
  const sorted = edges.map(({ mm }) => mm).sort((a, b) => a - b);
  const misfits = (x: Float64Array) =>
    Float64Array.from(edges, ({ mm, right, up }) => x[0]! + x[1]! * right + x[2]! * up - mm);
  let found: Float64Array = Float64Array.of(sorted[Math.floor(sorted.length / 2)] ?? 0, 0, 0);
  for (let round = 0; round < ROUNDS; round++) {
    const weights = misfits(found).map((mm) => (Math.abs(mm) <= FARTHEST_MM ? 1 : 0));
    const options = { huber: HUBER_MM, iterations: 20 };
    found = robustLeastSquares((x) => ({ weights, values: misfits(x) }), found, options);
  }
  const [middle, lateral, anterior] = found;
  const tilt = Math.hypot(lateral!, anterior!);
  const shrink = Math.min(1, (STEEPEST * wall.radiusMm) / Math.max(tilt, 1e-9));
  return {
    basalMm: Math.min(FURTHEST * lengthMm, middle!),
    basalTiltMm: [lateral! * shrink, anterior! * shrink],
  };
}

/** The highest mean of `length` values in a row among the first `within`. */
function highestMean(line: Float64Array, length: number, within: number): number {
  let highest = 0;
  for (let from = 0; from + length <= Math.min(within, line.length); from++) {
    const mean = line.subarray(from, from + length).reduce((sum, value) => sum + value, 0) / length;
    highest = Math.max(highest, mean);
  }
  return highest;
}

/** Index, with fraction, where a line first falls below half way from `level` to its lowest value behind. */
function edge(line: Float64Array, level: number): number {
  let low = line[0]!;
  for (const value of line) low = Math.min(low, value);
  const half = (level + low) / 2;
  for (let n = 1; n < line.length; n++) {
    if (line[n]! >= half) continue;
    const drop = line[n - 1]! - line[n]!;
    return drop > 0 ? n - 1 + Math.min(1, Math.max(0, (line[n - 1]! - half) / drop)) : n;
  }
  return line.length - 1;
}
