import type { Volume } from '@photopeak/imaging';
import { along } from './vector.ts';
import { type Ventricle, wallPoint } from './ventricle.ts';
import { sampler } from './wall-contrast.ts';

const AROUND = 36;
/** Where on the meridian the wall is surely there, and how far behind the centre the valve plane may lie. */
const FROM_ANGLE = Math.PI / 3;
const SURE_ANGLE = Math.PI / 2;
const FURTHEST = 0.8;
const STEP_MM = 1;
const BESIDE_MM = 6;
/** Angles whose wall has less than this share of the ring's strong parts do not vote. */
const LEAST_SHARE = 0.5;

/**
 * How far behind the centre the wall ends, mm: at each angle around the axis the place where the highest value across
 * the wall has fallen to half way between the wall and what lies behind; the mean of the middle half of the angles with a wall. The
 * plane is taken to be perpendicular to the axis.
 */
export function findValvePlane(volume: Volume, wall: Omit<Ventricle, 'basalMm'>): number {
  const ventricle: Ventricle = { ...wall, basalMm: 0 };
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
    return { level: sure / count, behind };
  });
  const levels = lines.map(({ level }) => level).sort((a, b) => a - b);
  const strong = levels[Math.floor(AROUND * 0.8)]!;
  const edges = lines
    .filter(({ level }) => level >= LEAST_SHARE * strong)
    .map(({ level, behind }) => edge(behind, level))
    .sort((a, b) => a - b);
  const middle = edges.slice(Math.floor(edges.length / 4), Math.ceil((3 * edges.length) / 4));
  const mean = middle.reduce((sum, value) => sum + value, 0) / Math.max(1, middle.length);
  return Math.min(FURTHEST * lengthMm, mean * STEP_MM);
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
