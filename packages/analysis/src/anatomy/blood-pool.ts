import { distanceTransform, gaussian, maskWhere, sphereMean, toWorld, type Vec3 } from '@photopeak/imaging';
import type { FusedAnatomy } from './fused.ts';
import { ANATOMY_LABELS } from './labels.ts';
import { type Landmarks, sliceZ } from './landmarks.ts';
import { type ReferenceBand, type ReferenceRegion, type RegionOutcome, refused } from './reference-region.ts';

/** PERCIST's blood-pool region: 1 cm across, 2 cm along the descending aorta (Wahl 2009). */
const TUBE_RADIUS_MM = 5;
const TUBE_LENGTH_MM = 20;
const BLOOD_LOWEST_HU = -10;
const BLOOD_HIGHEST_HU = 450;
/** Half the width of an aorta, with blur and partial volume. */
const SMALLEST_DEPTH_MM = 6;
const LARGEST_DEPTH_MM = 18;
/** Where the descending aorta lies from the front of the vertebra: to the left and forward. */
const EXPECTED_LEFT_MM = 18;
const EXPECTED_FORWARD_MM = 6;
const SEARCH_MM = 32;
/** SUVbw mean of blood with FDG at the usual uptake times. */
export const BLOOD_BAND: ReferenceBand = { lowest: 0.7, highest: 2.8, largestCv: 0.3 };

interface Candidate {
  readonly i: number;
  readonly j: number;
  readonly score: number;
}

/** Best path through the slices, at most one voxel sideways from one slice to the next. */
function bestPath(slices: readonly (readonly Candidate[])[]): Candidate[] | undefined {
  let before: { total: number; path: Candidate[] }[] = [];
  for (const candidates of slices) {
    const now = candidates.map((candidate) => {
      let best: { total: number; path: Candidate[] } = { total: 0, path: [] };
      for (const state of before) {
        const last = state.path.at(-1)!;
        if (Math.abs(last.i - candidate.i) > 1 || Math.abs(last.j - candidate.j) > 1) continue;
        if (state.total > best.total) best = state;
      }
      return { total: best.total + candidate.score, path: [...best.path, candidate] };
    });
    if (now.length === 0) return undefined;
    before = now;
  }
  before.sort((a, b) => b.total - a.total);
  return before[0]?.path;
}

/** Candidates for the middle of the aorta in slice k. */
function candidatesIn(
  fused: FusedAnatomy,
  marks: Landmarks,
  depth: ArrayLike<number>,
  k: number,
): Candidate[] {
  const { labels } = fused;
  const [nx, ny] = labels.size;
  const mm = labels.spacingMm[0];
  const expectedX = marks.spineX[k]! + EXPECTED_LEFT_MM;
  const expectedY = marks.spineFrontY[k]! - EXPECTED_FORWARD_MM;
  if (Number.isNaN(expectedX + expectedY)) return [];
  const found: Candidate[] = [];
  for (let j = 0; j < ny; j++) {
    const y = labels.origin[1] + j * mm;
    if (Math.abs(y - expectedY) > SEARCH_MM) continue;
    for (let i = 0; i < nx; i++) {
      const x = labels.origin[0] + i * mm;
      const away = Math.hypot(x - expectedX, y - expectedY);
      if (away > SEARCH_MM) continue;
      const inside = depth[i + nx * (j + ny * k)]!;
      if (!(inside >= SMALLEST_DEPTH_MM)) continue;
      // The left lung borders on the descending aorta.
      let lung = Number.POSITIVE_INFINITY;
      for (let step = 1; step * mm <= 32 && i + step < nx; step++)
        if (labels.data[i + step + nx * (j + ny * k)] === ANATOMY_LABELS.lungLeft) {
          lung = step * mm;
          break;
        }
      const border = lung <= 24 ? 1 : lung <= 32 ? 0.6 : 0.2;
      const width = inside > LARGEST_DEPTH_MM ? 0.4 : Math.min(inside, 12) / 12;
      found.push({ i, j, score: width + border - away / SEARCH_MM });
    }
  }
  return found.sort((a, b) => b.score - a.score).slice(0, 40);
}

/**
 * Places the blood-pool reference in the descending aorta: a tube of 1 cm across and 2 cm along, left in front of the
 * thoracic spine beside the left lung, followed through the slices, where uptake is most even.
 */
export async function placeBloodPoolReference(
  fused: FusedAnatomy,
  marks: Landmarks,
  band: ReferenceBand = BLOOD_BAND,
): Promise<RegionOutcome> {
  const { labels } = fused;
  if (marks.lungs === undefined) return refused('the chest is not in the field of view');
  const { apexZ, baseZ } = marks.lungs;
  const low = baseZ + 0.3 * (apexZ - baseZ);
  const high = baseZ + 0.65 * (apexZ - baseZ);
  const smooth = (await gaussian(fused.hu, { sigmaMm: 3 })).data as Float32Array;
  const other = maskWhere(
    labels,
    (label, n) =>
      label !== ANATOMY_LABELS.body || smooth[n]! < BLOOD_LOWEST_HU || smooth[n]! > BLOOD_HIGHEST_HU,
  );
  const depth = (await distanceTransform(other)).data;
  const slices: { k: number; candidates: Candidate[] }[] = [];
  let run: { k: number; candidates: Candidate[] }[] = [];
  for (let k = 0; k < labels.size[2]; k++) {
    const z = sliceZ(labels, k);
    if (z < low || z > high) continue;
    const candidates = candidatesIn(fused, marks, depth, k);
    if (candidates.length === 0) {
      run = [];
      continue;
    }
    run.push({ k, candidates });
    if (run.length > slices.length) slices.splice(0, slices.length, ...run);
  }
  const path = bestPath(slices.map((slice) => slice.candidates));
  const wanted = Math.round(TUBE_LENGTH_MM / labels.spacingMm[2]);
  if (path === undefined || path.length < wanted)
    return refused('no aorta could be followed beside the thoracic spine');

  const centres = path.map((point, n) => toWorld(labels, [point.i, point.j, slices[n]!.k]));
  const discs = centres.map((centre) => ({
    centre,
    suv: sphereMean(fused.suv, { centerMm: centre, radiusMm: TUBE_RADIUS_MM }),
    hu: sphereMean(fused.hu, { centerMm: centre, radiusMm: TUBE_RADIUS_MM }),
  }));
  let best: { score: number; region: ReferenceRegion } | undefined;
  const medianSuv = discs
    .map((disc) => disc.suv?.mean ?? Number.NaN)
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b)[discs.length >> 1]!;
  for (let from = 0; from + wanted <= discs.length; from++) {
    const part = discs.slice(from, from + wanted);
    if (part.some((disc) => disc.suv === undefined || disc.hu === undefined)) continue;
    const mean = part.reduce((sum, disc) => sum + disc.suv!.mean, 0) / part.length;
    const within = part.reduce((sum, disc) => sum + disc.suv!.sd ** 2, 0) / part.length;
    const between = part.reduce((sum, disc) => sum + (disc.suv!.mean - mean) ** 2, 0) / part.length;
    const sd = Math.sqrt(within + between);
    const score = sd / mean + Math.abs(mean - medianSuv) / medianSuv;
    if (best !== undefined && score >= best.score) continue;
    const meanHu = part.reduce((sum, disc) => sum + disc.hu!.mean, 0) / part.length;
    best = {
      score,
      region: describe(
        part.map((disc) => disc.centre),
        mean,
        sd,
        meanHu,
        band,
      ),
    };
  }
  return best === undefined ? refused('the aorta leaves the PET') : { status: 'placed', region: best.region };
}

function describe(
  path: readonly Vec3[],
  mean: number,
  sd: number,
  meanHu: number,
  band: ReferenceBand,
): ReferenceRegion {
  const cv = sd / mean;
  const findings: string[] = [];
  if (mean < band.lowest || mean > band.highest)
    findings.push(`blood mean ${mean.toFixed(2)} lies outside ${band.lowest} to ${band.highest}`);
  if (cv > band.largestCv)
    findings.push(`uptake along the aorta is uneven (coefficient of variation ${(100 * cv).toFixed(0)} %)`);
  const withinBand = findings.length === 0;
  if (meanHu < 15) findings.push(`low density (${meanHu.toFixed(0)} HU): the tube may reach into fat`);
  return {
    name: 'blood pool',
    center: path[path.length >> 1]!,
    shape: { kind: 'tube', radiusMm: TUBE_RADIUS_MM, path },
    mean,
    sd,
    meanHu,
    confidence: findings.length === 0 ? 0.9 : 0.5,
    withinBand,
    findings,
  };
}
