import type { Vec3 } from '@photopeak/imaging';

export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** a + s·b */
export const along = (a: Vec3, b: Vec3, s: number): Vec3 => [
  a[0] + s * b[0],
  a[1] + s * b[1],
  a[2] + s * b[2],
];

export const unit = (a: Vec3): Vec3 => {
  const length = Math.hypot(a[0], a[1], a[2]);
  return [a[0] / length, a[1] / length, a[2] / length];
};

/** Two unit vectors that complete a unit vector to a right-handed frame, whichever they are. */
export function anyFrame(axis: Vec3): readonly [Vec3, Vec3] {
  const away: Vec3 = Math.abs(axis[2]) < 0.8 ? [0, 0, 1] : [1, 0, 0];
  const first = unit(cross(away, axis));
  return [first, cross(axis, first)];
}
