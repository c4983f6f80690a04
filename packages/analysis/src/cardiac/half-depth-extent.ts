import type { NormalLimits } from './normals.ts';
import { PIXELS, type PolarMap, pixelDistanceMm, RINGS, SECTORS } from './polar-map.ts';

/** Loss is averaged over this distance before depths are read from it, mm. */
const SMOOTH_MM = 6;
/** How far from a pixel the depth of its defect is looked for, mm: somewhat more than the resolution of SPECT. */
const DEPTH_MM = 20;
/**
 * Share of the depth at which the edge is drawn. Half would be right if the depth were known; the largest loss around
 * is somewhat more than the depth (without noise, phantoms 8601 to 8618: mean error of the extent 0.0 points with
 * 0.48, -0.4 with 0.5).
 */
const SHARE_OF_DEPTH = 0.48;
/** Smallest area whose extent counts, as a share of the surface. */
const LEAST_AREA = 0.01;
/** Parts of a pixel along each of its sides at which the contour is followed. */
const PARTS = 4;

/**
 * Share of the surface inside the defects, 0 to 1. Blur spreads a defect; its edge lies where the loss is half of that
 * inside. The depth of the defect at a pixel is the largest loss of the abnormal pixels around it; between pixels what
 * the loss exceeds half of that by is interpolated, so that the contour is followed within them.
 */
export function halfDepthExtent(
  map: PolarMap,
  uptake: Float32Array,
  abnormal: Uint8Array,
  limits: NormalLimits,
): number {
  const own = uptake.map((value, pixel) => 1 - value / limits.mean[pixel]!);
  const smooth = own.map((_, pixel) => meanAround(map, own, pixel));
  const sick = Array.from(abnormal.keys()).filter((pixel) => abnormal[pixel] === 1);
  const excess = smooth.map((loss, pixel) => {
    const depths = sick
      .filter((other) => pixelDistanceMm(map, pixel, other) <= DEPTH_MM)
      .map((other) => smooth[other]!);
    return depths.length === 0 ? OUTSIDE : loss - SHARE_OF_DEPTH * Math.max(...depths);
  });
  const inside = excess.map((value, pixel) => (abnormal[pixel] === 1 && value >= 0 ? 1 : 0));
  dropSpecks(map, inside, sick);
  for (let pixel = 0; pixel < PIXELS; pixel++)
    if (inside[pixel] === 0) excess[pixel] = Math.min(excess[pixel]!, JUST_OUTSIDE);
  return areaInside(map, excess);
}

/** Of pixels with no defect around, and of those that are no part of one whatever their loss. */
const OUTSIDE = -0.5;
const JUST_OUTSIDE = -0.001;

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

/** Takes out what is connected (pixels within a ring or sector of each other) and smaller than the least area. */
function dropSpecks(map: PolarMap, inside: Float32Array, sick: readonly number[]): void {
  const seen = new Uint8Array(PIXELS);
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
    if (area < LEAST_AREA) for (const pixel of region) inside[pixel] = 0;
  }
}

/** Where values between the pixels, linear along ring and meridian, are not negative. */
function areaInside(map: PolarMap, values: Float32Array): number {
  const at = (ring: number, sector: number): number => {
    // Beyond the apex lies the first ring again, on the other side; beyond the base nothing is known.
    const turned = (ring < 0 ? sector + SECTORS / 2 : sector) + SECTORS;
    return values[Math.min(RINGS - 1, Math.max(0, ring)) * SECTORS + (turned % SECTORS)]!;
  };
  let total = 0;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const [ring, sector] = [Math.floor(pixel / SECTORS), pixel % SECTORS];
    let inside = 0;
    for (let a = 0; a < PARTS; a++)
      for (let b = 0; b < PARTS; b++) {
        const along = (a + 0.5) / PARTS - 0.5;
        const around = (b + 0.5) / PARTS - 0.5;
        const [u, v] = [Math.abs(along), Math.abs(around)];
        const [nextRing, nextSector] = [ring + Math.sign(along), sector + Math.sign(around)];
        const near = at(ring, sector) * (1 - v) + at(ring, nextSector) * v;
        const next = at(nextRing, sector) * (1 - v) + at(nextRing, nextSector) * v;
        if (near * (1 - u) + next * u >= 0) inside++;
      }
    total += (map.areas[pixel]! * inside) / PARTS ** 2;
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
