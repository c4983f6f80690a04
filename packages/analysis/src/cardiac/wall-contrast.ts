import { type Vec3, type Volume, worldToVoxel } from '@photopeak/imaging';
import { valueAt } from '../sampling/index.ts';
import { anyFrame } from './vector.ts';

/** Half an ellipsoid of revolution while it is looked for. */
export interface Candidate {
  readonly centre: Vec3;
  /** Unit vector towards the apex. */
  readonly axis: Vec3;
  readonly radiusMm: number;
  readonly lengthMm: number;
}

/** Distance from the middle of the wall at which cavity and surroundings are looked at, mm. */
const BESIDE_MM = 12;
const AROUND = 18;
/** From near the apex to a little beyond the widest place. */
const MERIDIAN = Array.from({ length: 9 }, (_, n) => 0.12 + (n * (1.75 - 0.12)) / 8);
const CIRCLE = Array.from({ length: AROUND }, (_, n) => {
  const angle = (n * 2 * Math.PI) / AROUND;
  return [Math.cos(angle), Math.sin(angle)] as const;
});

/** A function that samples a volume at LPS mm, 0 outside. */
export function sampler(volume: Volume): (x: number, y: number, z: number) => number {
  const m = worldToVoxel(volume);
  return (x, y, z) =>
    valueAt(
      volume,
      m[0] * x + m[1] * y + m[2] * z + m[3],
      m[4] * x + m[5] * y + m[6] * z + m[7],
      m[8] * x + m[9] * y + m[10] * z + m[11],
    ) ?? 0;
}

/**
 * How much the wall stands out: the mean over the surface of its value less the mean of the values 12 mm inside and
 * outside, weighted by area. Values above `limit` count as `limit`, so that a hot organ beside the heart does not
 * draw the wall to it.
 */
export function wallContrast(
  sample: (x: number, y: number, z: number) => number,
  { centre, axis, radiusMm, lengthMm }: Candidate,
  limit: number,
): number {
  const [p, q] = anyFrame(axis);
  let sum = 0;
  let weights = 0;
  const limited = (x: number, y: number, z: number) => Math.min(limit, sample(x, y, z));
  for (const angle of MERIDIAN) {
    const sine = Math.sin(angle);
    const cosine = Math.cos(angle);
    const axial = cosine / lengthMm;
    const radial = sine / radiusMm;
    const length = Math.hypot(axial, radial);
    const na = axial / length;
    const nr = radial / length;
    const area = sine * Math.hypot(radiusMm * cosine, lengthMm * sine);
    weights += area * AROUND;
    for (const [c, s] of CIRCLE) {
      const ax = c * p[0] + s * q[0];
      const ay = c * p[1] + s * q[1];
      const az = c * p[2] + s * q[2];
      const x = centre[0] + lengthMm * cosine * axis[0] + radiusMm * sine * ax;
      const y = centre[1] + lengthMm * cosine * axis[1] + radiusMm * sine * ay;
      const z = centre[2] + lengthMm * cosine * axis[2] + radiusMm * sine * az;
      const nx = BESIDE_MM * (na * axis[0] + nr * ax);
      const ny = BESIDE_MM * (na * axis[1] + nr * ay);
      const nz = BESIDE_MM * (na * axis[2] + nr * az);
      const wall = limited(x, y, z);
      const beside = (limited(x + nx, y + ny, z + nz) + limited(x - nx, y - ny, z - nz)) / 2;
      sum += area * (wall - beside);
    }
  }
  return sum / weights;
}
