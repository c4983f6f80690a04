import type { Volume } from '@photopeak/imaging';
import { along } from './vector.ts';
import { equalRings, type Ventricle, wallPoint } from './ventricle.ts';
import { sampler } from './wall-contrast.ts';

/** Rings of equal arc length from the apex to the valve plane; a multiple of four for the 17 segments. */
export const RINGS = 24;
/** Sectors around the axis; 0 starts at lateral and goes through anterior. */
export const SECTORS = 36;
export const PIXELS = RINGS * SECTORS;

/** How far to both sides of the middle of the wall its highest value is looked for, mm. */
const ACROSS_MM = 6;
const STEP_MM = 1;

/**
 * Uptake of the wall: pixel (ring, sector) is `values[ring * SECTORS + sector]`. Ring 0 is at the apex; the middle of
 * sector s lies at (s + ½) · 10° from lateral towards anterior.
 */
export interface PolarMap {
  readonly values: Float32Array;
  /** Share of the surface of the ventricle that each pixel stands for; the sum is 1. */
  readonly areas: Float32Array;
  /** Distance of neighbouring rings along the wall, mm. */
  readonly ringMm: number;
  /** Distance of each ring from the long axis, mm. */
  readonly radiiMm: readonly number[];
}

export const sectorAngle = (sector: number): number => ((sector + 0.5) * 2 * Math.PI) / SECTORS;

/**
 * The highest value across the wall for each pixel. Along the normals of the half ellipsoid: radial to the axis from
 * base to middle, radial to a point around the apex (the hybrid of cylindrical and spherical sampling, without a
 * seam). `volume` has voxels of a few millimetres.
 */
export function polarMap(volume: Volume, ventricle: Ventricle): PolarMap {
  const sample = sampler(volume);
  const values = new Float32Array(PIXELS);
  const areas = new Float32Array(PIXELS);
  const radiiMm = new Array<number>(RINGS).fill(0);
  let arcMm = 0;
  let all = 0;
  for (let sector = 0; sector < SECTORS; sector++) {
    const around = sectorAngle(sector);
    const rings = equalRings(ventricle, RINGS, around);
    arcMm += rings.lengthMm / SECTORS;
    for (let ring = 0; ring < RINGS; ring++) {
      const pixel = ring * SECTORS + sector;
      const { position, normal } = wallPoint(ventricle, rings.angles[ring]!, around);
      let most = 0;
      for (let mm = -ACROSS_MM; mm <= ACROSS_MM; mm += STEP_MM)
        most = Math.max(most, sample(...along(position, normal, mm)));
      values[pixel] = most;
      areas[pixel] = rings.areas[ring]!;
      all += rings.areas[ring]!;
      radiiMm[ring]! += (ventricle.radiusMm * Math.sin(rings.angles[ring]!)) / SECTORS;
    }
  }
  return { values, areas: areas.map((area) => area / all), ringMm: arcMm / RINGS, radiiMm };
}

/** Distance of two pixels along the wall, about, mm; rings behind the base count as wide as the last one. */
export function pixelDistanceMm({ ringMm, radiiMm }: PolarMap, a: number, b: number): number {
  const ringA = Math.floor(a / SECTORS);
  const ringB = Math.floor(b / SECTORS);
  const radius = (ring: number) => radiiMm[Math.min(ring, RINGS - 1)]!;
  const turn = Math.abs(Math.sin((((a % SECTORS) - (b % SECTORS)) * Math.PI) / SECTORS));
  return Math.hypot((ringA - ringB) * ringMm, 2 * turn * Math.sqrt(radius(ringA) * radius(ringB)));
}
