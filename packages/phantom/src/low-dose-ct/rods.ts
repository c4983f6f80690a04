import type { Raster } from './fan-beam.ts';

export interface RodPlace {
  /** From the axis, mm. */
  readonly x: number;
  readonly y: number;
  readonly radiusMm: number;
  /** HU against the water around it. */
  readonly contrast: number;
}

/** Half of the diameter of the water, mm. */
const WATER_MM = 105;
/** Points each way within a pixel. */
const FINE = 5;

/** Rods in the water of the phantom, in a ring of 55 mm. */
export const rodPlaces: readonly RodPlace[] = [
  { x: 55, y: 0, radiusMm: 14, contrast: 30 },
  { x: 17, y: 52.3, radiusMm: 14, contrast: 100 },
  { x: -44.5, y: 32.3, radiusMm: 14, contrast: 300 },
  { x: -44.5, y: -32.3, radiusMm: 14, contrast: 900 },
  { x: 17, y: -52.3, radiusMm: 14, contrast: -120 },
];

/** HU of slices that all show the same: water in air, with the rods. */
export function rods({ size, pixelMm }: Raster, slices: number): Int16Array {
  const pixels = size * size;
  const hu = new Int16Array(pixels * slices);
  const centre = (size - 1) / 2;
  for (let at = 0; at < pixels; at++) {
    let sum = 0;
    for (let fine = 0; fine < FINE * FINE; fine++) {
      const x = ((at % size) - centre + ((fine % FINE) + 0.5) / FINE - 0.5) * pixelMm;
      const y = (Math.floor(at / size) - centre + (Math.floor(fine / FINE) + 0.5) / FINE - 0.5) * pixelMm;
      const rod = rodPlaces.find((place) => Math.hypot(x - place.x, y - place.y) < place.radiusMm);
      sum += Math.hypot(x, y) > WATER_MM ? -1000 : (rod?.contrast ?? 0);
    }
    hu[at] = Math.round(sum / (FINE * FINE));
  }
  for (let k = 1; k < slices; k++) hu.copyWithin(k * pixels, 0, pixels);
  return hu;
}
