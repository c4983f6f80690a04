import { type Mat4, transformPoint, type Vec3 } from './grid.ts';

/** A movement about a point: mm along L, P, S and degrees about these axes, x, then y, then z. */
export interface Nudge {
  readonly shiftMm: Vec3;
  readonly turnDegrees: Vec3;
  readonly about: Vec3;
}

function multiply(a: Mat4, b: Mat4): Mat4 {
  return [0, 1, 2, 3].flatMap((row) =>
    [0, 1, 2, 3].map((column) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * row + k]! * b[4 * k + column]!, 0),
    ),
  );
}

/** Right-handed turn that takes axis `a` towards axis `b`. */
function turn(degrees: number, a: 0 | 1 | 2, b: 0 | 1 | 2): Mat4 {
  const angle = (degrees * Math.PI) / 180;
  const m = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  m[5 * a] = Math.cos(angle);
  m[5 * b] = Math.cos(angle);
  m[4 * a + b] = -Math.sin(angle);
  m[4 * b + a] = Math.sin(angle);
  return m;
}

/** The registration after a movement by hand, as the node computes it from the same numbers. */
export function nudged(registration: Mat4, { shiftMm, turnDegrees: [x, y, z], about }: Nudge): Mat4 {
  const rotation = multiply(turn(z, 0, 1), multiply(turn(y, 2, 0), turn(x, 1, 2)));
  const turned = transformPoint(rotation, about);
  const movement = [...rotation];
  [3, 7, 11].forEach((at, axis) => {
    movement[at] = about[axis]! - turned[axis]! + shiftMm[axis]!;
  });
  return multiply(movement, registration);
}
