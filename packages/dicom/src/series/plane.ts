import type { Vec3 } from '@photopeak/imaging';
import { along, normalized, vec3 } from './vector.ts';

/** Row and column direction of Image Orientation (Patient) (0020,0037); undefined unless they are perpendicular. */
export function orientationOf(values: readonly number[]): readonly [Vec3, Vec3] | undefined {
  if (values.length < 6) return undefined;
  const row = normalized(vec3(values.slice(0, 3)) ?? [0, 0, 0]);
  const raw = vec3(values.slice(3, 6));
  if (row === undefined || raw === undefined) return undefined;
  // Made exactly perpendicular: sixteen digits of DS leave small errors, and grids need orthonormal axes.
  const dotProduct = row[0] * raw[0] + row[1] * raw[1] + row[2] * raw[2];
  const column = normalized(along(raw, row, -dotProduct));
  const skewed = Math.abs(dotProduct) > 0.01;
  return column === undefined || skewed ? undefined : [row, column];
}

/** Pixel Spacing (0028,0030): between rows, between columns, mm. */
export function spacingOf(values: readonly number[]): readonly [number, number] | undefined {
  const [rows, columns] = values;
  return rows !== undefined && columns !== undefined && rows > 0 && columns > 0 ? [rows, columns] : undefined;
}
