import type { NormalLimits } from './normals.ts';
import { PIXELS, type PolarMap, pixelDistanceMm, SECTORS } from './polar-map.ts';

/** Loss is averaged over this distance before depths are read from it, mm. */
const SMOOTH_MM = 6;
/** How far from a pixel the depth of its defect is looked for, mm: about the resolution of SPECT. */
const DEPTH_MM = 15;
/** The depth is this quantile of the abnormal pixels around: nearly the deepest, not the noisiest. */
const DEPTH_QUANTILE = 0.9;
/** Smallest area whose extent counts, as a share of the surface. */
const LEAST_AREA = 0.01;

/**
 * Share of the surface inside the defects, 0 to 1. Blur spreads a defect; its edge lies where the loss is half of that
 * inside. Each abnormal pixel gets the depth of the defect around it, and is inside where its own loss reaches half of
 * that.
 */
export function halfDepthExtent(
  map: PolarMap,
  uptake: Float32Array,
  abnormal: Uint8Array,
  limits: NormalLimits,
): number {
  const own = uptake.map((value, pixel) => 1 - value / limits.mean[pixel]!);
  const sick = Array.from(abnormal.keys()).filter((pixel) => abnormal[pixel] === 1);
  const smooth = new Float32Array(PIXELS);
  for (const pixel of sick) smooth[pixel] = meanAround(map, own, pixel);
  const inside = new Uint8Array(PIXELS);
  for (const pixel of sick) {
    const around = sick.filter((other) => pixelDistanceMm(map, pixel, other) <= DEPTH_MM);
    const values = around.map((other) => smooth[other]!).sort((a, b) => a - b);
    const depth = values[Math.floor((values.length - 1) * DEPTH_QUANTILE)]!;
    inside[pixel] = smooth[pixel]! >= depth / 2 ? 1 : 0;
  }
  return extentOf(map, inside, sick);
}

function meanAround(map: PolarMap, values: Float32Array, pixel: number): number {
  let sum = 0;
  let weights = 0;
  for (let other = 0; other < PIXELS; other++) {
    if (pixelDistanceMm(map, pixel, other) > SMOOTH_MM) continue;
    const area = map.areas[other]!;
    sum += area * values[other]!;
    weights += area;
  }
  return sum / weights;
}

/** Area inside, without specks: connected areas (pixels within a ring or sector of each other) below the least. */
function extentOf(map: PolarMap, inside: Uint8Array, sick: readonly number[]): number {
  const seen = new Uint8Array(PIXELS);
  let total = 0;
  for (const start of sick) {
    if (inside[start] === 0 || seen[start] === 1) continue;
    const region = [start];
    seen[start] = 1;
    for (const pixel of region)
      for (const next of neighbours(pixel)) {
        if (inside[next] !== 1 || seen[next] === 1) continue;
        seen[next] = 1;
        region.push(next);
      }
    const area = region.reduce((sum, pixel) => sum + map.areas[pixel]!, 0);
    if (area >= LEAST_AREA) total += area;
  }
  return total;
}

/** Pixels that touch a pixel: around the ring and along the meridian; the first ring meets itself across the apex. */
function neighbours(pixel: number): number[] {
  const sector = pixel % SECTORS;
  const ring = pixel - sector;
  const across = ring === 0 ? (sector + SECTORS / 2) % SECTORS : pixel - SECTORS;
  return [
    ring + ((sector + SECTORS - 1) % SECTORS),
    ring + ((sector + 1) % SECTORS),
    across,
    ...(pixel + SECTORS < PIXELS ? [pixel + SECTORS] : []),
  ];
}
