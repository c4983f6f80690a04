import type { Ventricle } from '@photopeak/analysis';
import { type Grid, resample, type Vec3, type Volume } from '@photopeak/imaging';

/** What is shown around the wall, mm. */
const MARGIN_MM = 24;

/**
 * Voxels of the short axis: rows to the lateral, columns to the inferior wall, slices from apex to base, as it is
 * usually shown.
 */
export function shortAxisGrid(
  { centre, axis, anterior, lateral, lengthMm, radiusMm, basalMm }: Ventricle,
  spacingMm: number,
): Grid {
  const half = Math.ceil(Math.max(radiusMm + MARGIN_MM, 45) / spacingMm);
  const first = Math.ceil((lengthMm + MARGIN_MM) / spacingMm);
  const last = Math.ceil((basalMm + MARGIN_MM) / spacingMm);
  const origin = centre.map(
    (value, n) =>
      value - half * spacingMm * lateral[n]! + half * spacingMm * anterior[n]! + first * spacingMm * axis[n]!,
  ) as unknown as Vec3;
  return {
    size: [2 * half + 1, 2 * half + 1, first + last + 1],
    spacingMm: [spacingMm, spacingMm, spacingMm],
    origin,
    direction: [
      lateral[0],
      -anterior[0],
      -axis[0],
      lateral[1],
      -anterior[1],
      -axis[1],
      lateral[2],
      -anterior[2],
      -axis[2],
    ],
  };
}

/** The volume on short-axis voxels, by cubic splines; nothing is below zero. */
export async function shortAxisVolume(volume: Volume, grid: Grid): Promise<Volume<Float32Array>> {
  const turned = await resample(volume, { grid, interpolation: 'cubic', outside: 0, type: 'float32' });
  return { ...turned, data: turned.data.map((value) => Math.max(0, value)) };
}
