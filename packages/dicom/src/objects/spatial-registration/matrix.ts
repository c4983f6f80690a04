import type { Mat4 } from '@photopeak/imaging';

/** Deviation from a rotation that is put down to the 16 digits of a decimal string. */
const ORTHONORMAL_TOLERANCE = 1e-4;

/** The lengths of the columns and the determinant of the upper left 3×3, and the largest dot product of two columns. */
export function matrixShape(m: readonly number[]): {
  readonly scales: readonly [number, number, number];
  readonly skew: number;
  readonly determinant: number;
} {
  const column = (c: number) => [m[c]!, m[4 + c]!, m[8 + c]!] as const;
  const [a, b, c] = [column(0), column(1), column(2)];
  const dot = (x: readonly number[], y: readonly number[]) => x[0]! * y[0]! + x[1]! * y[1]! + x[2]! * y[2]!;
  const scales = [Math.hypot(...a), Math.hypot(...b), Math.hypot(...c)] as const;
  const skew = Math.max(
    Math.abs(dot(a, b)) / (scales[0] * scales[1]),
    Math.abs(dot(b, c)) / (scales[1] * scales[2]),
    Math.abs(dot(a, c)) / (scales[0] * scales[2]),
  );
  const determinant =
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    b[0] * (a[1] * c[2] - a[2] * c[1]) +
    c[0] * (a[1] * b[2] - a[2] * b[1]);
  return { scales, skew, determinant };
}

/** Rotation and translation only: orthonormal, right-handed (PS3.3 C.20.2.1.2 RIGID). */
export function isRigid(m: Mat4 | readonly number[]): boolean {
  const { scales, skew, determinant } = matrixShape(m);
  return (
    scales.every((scale) => Math.abs(scale - 1) <= ORTHONORMAL_TOLERANCE) &&
    skew <= ORTHONORMAL_TOLERANCE &&
    Math.abs(determinant - 1) <= 3 * ORTHONORMAL_TOLERANCE
  );
}
