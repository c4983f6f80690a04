import type { Vec3 } from '@photopeak/imaging';

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** a + s·b */
export function along(a: Vec3, b: Vec3, s: number): Vec3 {
  return [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
}

export function normalized(a: Vec3): Vec3 | undefined {
  const length = Math.sqrt(dot(a, a));
  return length > 1e-6 && Number.isFinite(length) ? [a[0] / length, a[1] / length, a[2] / length] : undefined;
}

export function vec3(values: readonly number[]): Vec3 | undefined {
  const [x, y, z] = values;
  const valid =
    x !== undefined && y !== undefined && z !== undefined && values.slice(0, 3).every(Number.isFinite);
  return valid ? [x, y, z] : undefined;
}
