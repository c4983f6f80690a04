import {
  components,
  distanceTransform,
  erode,
  type Grid,
  gaussian,
  invertMask,
  labelMask,
  type Mask,
  maskWhere,
  opening,
  sphereMean,
  toWorld,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { median } from '../numbers/index.ts';
import type { FusedAnatomy } from './fused.ts';
import { ANATOMY_LABELS } from './labels.ts';
import { type Landmarks, sliceZ } from './landmarks.ts';
import { type ReferenceBand, type ReferenceRegion, type RegionOutcome, refused } from './reference-region.ts';

/** Diameter of PERCIST's liver sphere (Wahl 2009). */
const SPHERE_RADIUS_MM = 15;
/** Distance of the sphere from the liver's edge, for breathing and blur. */
const RIM_MM = 4;
const SMOOTH_MM = 4;
/** Liver on CT, fatty to contrast-enhanced. */
const LOWEST_HU = -20;
const HIGHEST_HU = 190;
/** Parts of one liver differ less than this from its middle. */
const MODE_SPREAD = 0.33;
const CORE_MM = 10;
const SMALLEST_ML = 250;
export interface LiverBand extends ReferenceBand {
  /** What a liver may take up at all: where it is sought. */
  readonly search: readonly [lowest: number, highest: number];
}

/** SUVbw mean of a normal liver with FDG. */
export const LIVER_BAND: LiverBand = { lowest: 1.3, highest: 3.5, largestCv: 0.3, search: [0.9, 6] };

export interface Liver {
  /** Liver as far as CT and PET both show it; on the fused grid. */
  readonly mask: Mask;
  readonly reference: ReferenceRegion;
}

/** Soft tissue of plausible uptake on the right, below the lungs. */
function searchRegion(
  fused: FusedAnatomy,
  marks: Landmarks,
  smoothHu: Float32Array,
  smoothSuv: Float32Array,
  [lowestSuv, highestSuv]: LiverBand['search'],
): Mask {
  const { labels } = fused;
  const [nx, ny] = labels.size;
  return maskWhere(labels, (label, n) => {
    if (label !== ANATOMY_LABELS.body) return false;
    if (!(smoothHu[n]! > LOWEST_HU && smoothHu[n]! < HIGHEST_HU)) return false;
    if (!(smoothSuv[n]! > lowestSuv && smoothSuv[n]! < highestSuv)) return false;
    const k = Math.floor(n / (nx * ny));
    const z = sliceZ(labels, k);
    if (marks.lungs !== undefined) {
      const middle = (marks.lungs.apexZ + marks.lungs.baseZ) / 2;
      if (z > middle || z < marks.lungs.baseZ - 220) return false;
    }
    const x = labels.origin[0] + (n % nx) * labels.spacingMm[0];
    return x < marks.midX[k]! + 60;
  });
}

/** Share of the voxels of a part that lie right of the middle of the body. */
function shareOnRight(part: Mask, marks: Landmarks): number {
  const [nx, ny] = part.size;
  let right = 0;
  let all = 0;
  for (let n = 0; n < part.data.length; n++) {
    if (part.data[n] === 0) continue;
    all++;
    const x = part.origin[0] + (n % nx) * part.spacingMm[0];
    if (x < marks.midX[Math.floor(n / (nx * ny))]!) right++;
  }
  return right / Math.max(1, all);
}

/**
 * Places the 3 cm sphere in the right lobe of the liver: the most even place, away from edges, vessels and lesions.
 * The liver is the largest part on the right, below the lungs, whose uptake and density both are even.
 */
export async function placeLiverReference(
  fused: FusedAnatomy,
  marks: Landmarks,
  band: LiverBand = LIVER_BAND,
): Promise<RegionOutcome & { readonly mask?: Mask }> {
  const smoothHu = (await gaussian(fused.hu, { sigmaMm: SMOOTH_MM })).data as Float32Array;
  const smooth = await gaussian(fused.suv, { sigmaMm: SMOOTH_MM });
  const smoothSuv = smooth.data as Float32Array;
  const region = searchRegion(fused, marks, smoothHu, smoothSuv, band.search);
  const voxelMl = fused.suv.spacingMm.reduce((a, b) => a * b, 1) / 1000;

  const cores = await components(await erode(region, { radiusMm: CORE_MM }), { connectivity: 6 });
  const candidates = cores.sizes
    .map((size, n) => ({ label: n + 1, size }))
    .filter(({ size }) => size * voxelMl > 20)
    .sort((a, b) => b.size - a.size)
    .slice(0, 3);
  for (const { label } of candidates) {
    const core = labelMask(cores.labels, label);
    const suvs: number[] = [];
    const hus: number[] = [];
    for (let n = 0; n < core.data.length; n++)
      if (core.data[n] !== 0) {
        suvs.push(smoothSuv[n]!);
        hus.push(smoothHu[n]!);
      }
    const mode = median(suvs);
    const hu = median(hus);
    const even = maskWhere(
      region,
      (inside, n) =>
        inside !== 0 &&
        Math.abs(smoothSuv[n]! - mode) < MODE_SPREAD * mode &&
        Math.abs(smoothHu[n]! - hu) < 40,
    );
    const parts = await components(await opening(even, { radiusMm: 8 }), { connectivity: 6 });
    let largest = 0;
    parts.sizes.forEach((size, n) => {
      if (size > (parts.sizes[largest - 1] ?? 0)) largest = n + 1;
    });
    if (largest === 0 || parts.sizes[largest - 1]! * voxelMl < SMALLEST_ML) continue;
    const liver = labelMask(parts.labels, largest);
    if (shareOnRight(liver, marks) < 0.55) continue;
    const reference = await bestSphere(fused, marks, liver, parts.sizes[largest - 1]! * voxelMl, band);
    if (reference !== undefined) return { status: 'placed', region: reference, mask: liver };
  }
  return refused(
    marks.lungs === undefined
      ? 'no region of even density and uptake like a liver in the field of view'
      : 'no liver found below the right lung: outside the field of view, or its uptake is too uneven',
  );
}

/** Index steps from the middle of a ball to its voxels. */
function ballOffsets(grid: Grid, radiusMm: number): number[] {
  const [nx, ny] = grid.size;
  const reach = grid.spacingMm.map((mm) => Math.floor(radiusMm / mm)) as [number, number, number];
  const offsets: number[] = [];
  for (let c = -reach[2]; c <= reach[2]; c++)
    for (let b = -reach[1]; b <= reach[1]; b++)
      for (let a = -reach[0]; a <= reach[0]; a++)
        if (Math.hypot(a * grid.spacingMm[0], b * grid.spacingMm[1], c * grid.spacingMm[2]) <= radiusMm)
          offsets.push(a + nx * (b + ny * c));
  return offsets;
}

function spread(volume: Volume, offsets: readonly number[], at: number): { mean: number; sd: number } {
  let sum = 0;
  let squares = 0;
  for (const offset of offsets) {
    const value = volume.data[at + offset]!;
    sum += value;
    squares += value * value;
  }
  const mean = sum / offsets.length;
  return { mean, sd: Math.sqrt(Math.max(0, squares / offsets.length - mean * mean)) };
}

async function bestSphere(
  fused: FusedAnatomy,
  marks: Landmarks,
  liver: Mask,
  liverMl: number,
  band: ReferenceBand,
): Promise<ReferenceRegion | undefined> {
  const depth = await distanceTransform(invertMask(liver));
  const [nx, ny] = liver.size;
  let sumX = 0;
  let count = 0;
  for (let n = 0; n < liver.data.length; n++)
    if (liver.data[n] !== 0) {
      sumX += n % nx;
      count++;
    }
  const middleX = sumX / count;
  const ball = ballOffsets(liver, SPHERE_RADIUS_MM);
  let best: { score: number; centre: Vec3 } | undefined;
  for (let n = 0; n < liver.data.length; n++) {
    // Beyond the edge of the grid there is nothing to measure either.
    if (!(depth.data[n]! >= SPHERE_RADIUS_MM + RIM_MM) || !Number.isFinite(depth.data[n]!)) continue;
    const i = n % nx;
    const j = Math.floor(n / nx) % ny;
    const k = Math.floor(n / (nx * ny));
    if (((i ^ j ^ k) & 1) !== 0) continue;
    // The right lobe: right of the liver's own middle.
    if (i > middleX) continue;
    const reachX = SPHERE_RADIUS_MM / liver.spacingMm[0];
    if ([i, j, k].some((at, axis) => at < reachX || at > liver.size[axis]! - 1 - reachX)) continue;
    const centre = toWorld(liver, [i, j, k]);
    const suv = spread(fused.suv, ball, n);
    const hu = spread(fused.hu, ball, n);
    const score = suv.sd / suv.mean + hu.sd / 200 - 0.002 * Math.min(depth.data[n]!, 45);
    if (best === undefined || score < best.score) best = { score, centre };
  }
  if (best === undefined) return undefined;
  const suv = sphereMean(fused.suv, { centerMm: best.centre, radiusMm: SPHERE_RADIUS_MM })!;
  const hu = sphereMean(fused.hu, { centerMm: best.centre, radiusMm: SPHERE_RADIUS_MM })!;
  const cv = suv.sd / suv.mean;
  const findings: string[] = [];
  if (suv.mean < band.lowest || suv.mean > band.highest)
    findings.push(
      `liver mean ${suv.mean.toFixed(2)} lies outside ${band.lowest} to ${band.highest}: check dose, weight and uptake time`,
    );
  if (cv > band.largestCv)
    findings.push(`uptake in the sphere is uneven (coefficient of variation ${(100 * cv).toFixed(0)} %)`);
  if (hu.mean < 40 && hu.mean > LOWEST_HU) {
    if (hu.mean < 20) findings.push(`low density (${hu.mean.toFixed(0)} HU), as in a fatty liver`);
  }
  let confidence = findings.length === 0 ? 1 : 0.6;
  if (marks.lungs === undefined) {
    confidence = Math.min(confidence, 0.5);
    findings.push('no lungs in the field of view: placed by density and uptake alone');
  }
  if (liverMl < 600) {
    confidence = Math.min(confidence, 0.7);
    findings.push(`only ${liverMl.toFixed(0)} ml of liver seen`);
  }
  return {
    name: 'liver',
    center: best.centre,
    shape: { kind: 'sphere', radiusMm: SPHERE_RADIUS_MM },
    mean: suv.mean,
    sd: suv.sd,
    meanHu: hu.mean,
    confidence,
    withinBand: suv.mean >= band.lowest && suv.mean <= band.highest && cv <= band.largestCv,
    findings,
  };
}
