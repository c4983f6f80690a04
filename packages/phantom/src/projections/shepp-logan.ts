import type { Vec3 } from '@photopeak/imaging';
import type { Body } from './bodies.ts';

/** Half axes, centre (of a head of half height 1), turn in degrees, contrast. */
type Row = readonly [Vec3, Vec3, number, number];

/** Ellipsoids of the head of Shepp and Logan in three dimensions, with the raised contrasts of P. Toft (1996). */
const rows: readonly Row[] = [
  [[0.69, 0.92, 0.81], [0, 0, 0], 0, 1],
  [[0.6624, 0.874, 0.78], [0, -0.0184, 0], 0, -0.8],
  [[0.11, 0.31, 0.22], [0.22, 0, 0], -18, -0.2],
  [[0.16, 0.41, 0.28], [-0.22, 0, 0], 18, -0.2],
  [[0.21, 0.25, 0.41], [0, 0.35, -0.15], 0, 0.1],
  [[0.046, 0.046, 0.05], [0, 0.1, 0.25], 0, 0.1],
  [[0.046, 0.046, 0.05], [0, -0.1, 0.25], 0, 0.1],
  [[0.046, 0.023, 0.05], [-0.08, -0.605, 0], 0, 0.1],
  [[0.023, 0.023, 0.02], [0, -0.606, 0], 0, 0.1],
  [[0.023, 0.046, 0.02], [0.06, -0.605, 0], 0, 0.1],
];

/** The head as bodies whose brain attenuates by 0.2 · `perMm`. */
export function sheppLoganBodies(halfHeightMm: number, perMm: number): Body[] {
  const scaled = (v: Vec3): Vec3 => [v[0] * halfHeightMm, v[1] * halfHeightMm, v[2] * halfHeightMm];
  return rows.map(([halfAxes, center, degrees, contrast]) => ({
    center: scaled(center),
    halfAxesMm: scaled(halfAxes),
    turnRad: (degrees * Math.PI) / 180,
    value: contrast * perMm,
  }));
}
