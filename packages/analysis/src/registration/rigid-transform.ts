import type { Mat4, Vec3 } from '@photopeak/imaging';

/**
 * Six numbers, all in millimetres, so that one step length suits each of them: three rotations as the arc at
 * `ARC_RADIUS_MM` from the centre (about x, then y, then z), and three translations.
 */
export type RigidParameters = Float64Array;

/** Half the width of a body: a change of 1 in a rotation moves the skin by about a millimetre. */
export const ARC_RADIUS_MM = 150;

/** The rigid motion that rotates about `centre` and then translates; maps points in LPS mm. */
export function rigidMatrix(parameters: RigidParameters, centre: Vec3): Mat4 {
  const [ax, ay, az] = [0, 1, 2].map((n) => parameters[n]! / ARC_RADIUS_MM) as [number, number, number];
  const cx = Math.cos(ax);
  const sx = Math.sin(ax);
  const cy = Math.cos(ay);
  const sy = Math.sin(ay);
  const cz = Math.cos(az);
  const sz = Math.sin(az);
  const r = [
    [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
    [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
    [-sy, cy * sx, cy * cx],
  ] as const;
  const shift = r.map(
    (row, axis) =>
      centre[axis]! + parameters[3 + axis]! - (row[0] * centre[0] + row[1] * centre[1] + row[2] * centre[2]),
  ) as [number, number, number];
  return [...r[0], shift[0], ...r[1], shift[1], ...r[2], shift[2], 0, 0, 0, 1];
}

/** The parameters about `centre` of a rigid matrix; its scale and shear, if any, are dropped. */
export function parametersOf(matrix: Mat4, centre: Vec3): RigidParameters {
  const ay = Math.asin(Math.min(1, Math.max(-1, -matrix[8])));
  const ax = Math.atan2(matrix[9], matrix[10]);
  const az = Math.atan2(matrix[4], matrix[0]);
  const parameters = new Float64Array(6);
  [ax, ay, az].forEach((angle, n) => {
    parameters[n] = angle * ARC_RADIUS_MM;
  });
  for (let axis = 0; axis < 3; axis++) {
    const row = 4 * axis;
    parameters[3 + axis] =
      matrix[row]! * centre[0] +
      matrix[row + 1]! * centre[1] +
      matrix[row + 2]! * centre[2] +
      matrix[row + 3]! -
      centre[axis]!;
  }
  return parameters;
}
