import {
  identity,
  invert,
  type Mat4,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import {
  type CtAnatomy,
  type FusedAnatomy,
  findLandmarks,
  fuse,
  type Landmarks,
  segmentCtAnatomy,
} from '../anatomy/index.ts';
import { contourOffset } from './contour.ts';
import { diaphragmOffset } from './diaphragm.ts';
import { type InsideTest, insideBy } from './field-of-view.ts';
import { type Foreground, foregroundOf } from './foreground.ts';
import { heartOffset } from './heart.ts';
import { regionalOffset } from './landscape.ts';
import { leftDiaphragmOffset } from './left-diaphragm.ts';
import { type Doubt, doubtsOf, plausibilityMeasures } from './plausibility.ts';
import { interval90, probabilityWithinTolerance } from './score-model.ts';

export type RegionName =
  | 'liver dome'
  | 'left diaphragm'
  | 'body contour'
  | 'head'
  | 'heart'
  | 'chest'
  | 'abdomen'
  | 'pelvis'
  | 'body';

/** How far PET and CT lie apart in one region of the body. */
export interface RegionMisalignment {
  readonly name: RegionName;
  readonly mm: number;
  /** Direction where it is known: of the PET against the CT, LPS mm. */
  readonly shift: Vec3;
  /** How much the estimate scatters within the region, mm. */
  readonly spreadMm: number;
  /** Where the true value lies in nine of ten phantom cases, mm. */
  readonly interval90Mm: readonly [number, number];
  readonly method: 'edge' | 'skin' | 'metric';
}

export interface RegistrationScore {
  /**
   * 0 … 100: the probability in percent that no region is misaligned by more than `toleranceMm` (score-model.ts), from
   * the worst regional estimate and the regions that could not be judged; undefined where none could.
   */
  readonly score: number | undefined;
  readonly class: 'green' | 'amber' | 'red' | 'unknown';
  readonly toleranceMm: number;
  readonly regions: readonly RegionMisalignment[];
  /** Regions in both fields of view whose halves disagree, or that show no edge: nothing is said of them. */
  readonly unjudged: readonly RegionName[];
  /** What speaks against fusing the images at all, or in a part of the body. */
  readonly doubts: readonly Doubt[];
  /** The worst region in words, e.g. `liver dome 9 mm lower on CT than on PET`. */
  readonly reason: string;
}

export interface ScoreOptions {
  /** Maps a point of the PET to the CT (LPS mm); default identity. */
  readonly ctFromPet?: Mat4;
  readonly anatomy?: CtAnatomy;
  /** From this score on a registration is green, resp. amber. */
  readonly thresholds?: { readonly green: number; readonly amber: number };
}

/** Misalignment that is of no consequence: about the resolution of PET. */
export const TOLERANCE_MM = 5;
/** Points this near to the edge of a field of view are not compared. */
const FIELD_MARGIN_MM = 12;
/** What has to be seen above and below the diaphragm for a judgement. */
const AROUND_DOME_MM = 60;
/** Below it no region is worth naming. */
const FITS_MM = 2.5;
const DEFAULT_THRESHOLDS = { green: 80, amber: 50 };

interface Slab {
  readonly name: RegionName;
  readonly low: number;
  readonly high: number;
}

function regionsOfBody(marks: Landmarks): Slab[] {
  const regions: Slab[] = [];
  const add = (name: RegionName, low: number, high: number, smallest: number) => {
    const from = Math.max(low, marks.bottomZ);
    const to = Math.min(high, marks.topZ);
    if (to - from >= smallest) regions.push({ name, low: from, high: to });
  };
  if (marks.lungs === undefined) {
    add('body', marks.bottomZ, marks.topZ, 60);
    return regions;
  }
  const { apexZ, domeZ } = marks.lungs;
  add('head', apexZ + 50, Number.POSITIVE_INFINITY, 60);
  add('chest', domeZ, apexZ + 20, 100);
  add('abdomen', domeZ - 220, domeZ, 80);
  add('pelvis', Number.NEGATIVE_INFINITY, domeZ - 240, 80);
  return regions;
}

type Measured = Omit<RegionMisalignment, 'interval90Mm'>;

async function misalignments(
  fused: FusedAnatomy,
  isInside: InsideTest,
): Promise<Pick<RegistrationScore, 'regions' | 'unjudged'>> {
  const marks = findLandmarks(fused);
  const found: Measured[] = [];
  const expected: RegionName[] = [];
  const dome = marks.lungs === undefined ? undefined : await diaphragmOffset(fused);
  if (dome !== undefined)
    found.push({
      name: 'liver dome',
      mm: Math.abs(dome.offsetMm),
      shift: [0, 0, dome.offsetMm],
      spreadMm: dome.spreadMm,
      method: 'edge',
    });
  const body = foregroundOf(fused.hu);
  if (marks.lungs !== undefined) {
    const { domeZ } = marks.lungs;
    if (liesInside(fused, body, domeZ - AROUND_DOME_MM, domeZ + AROUND_DOME_MM, isInside))
      expected.push('liver dome', 'left diaphragm', 'heart');
  }
  const left = leftDiaphragmOffset(fused, body, marks, isInside);
  if (left !== undefined)
    found.push({
      name: 'left diaphragm',
      mm: Math.abs(left.offsetMm),
      shift: [0, 0, left.offsetMm],
      spreadMm: left.spreadMm,
      method: 'metric',
    });
  const skin = contourOffset(fused);
  if (skin !== undefined)
    found.push({
      name: 'body contour',
      mm: Math.hypot(skin.leftMm, skin.backMm),
      shift: [skin.leftMm, skin.backMm, 0],
      spreadMm: skin.spreadMm,
      method: 'skin',
    });
  const heart = await heartOffset(fused, body, marks, isInside);
  if (heart !== undefined)
    found.push({
      name: 'heart',
      mm: Math.hypot(...heart.shift),
      shift: heart.shift,
      spreadMm: heart.spreadMm,
      method: 'metric',
    });
  for (const { name, low, high } of regionsOfBody(marks)) {
    if (liesInside(fused, body, low, high, isInside)) expected.push(name);
    const offset = regionalOffset(fused, body, low, high, isInside);
    if (offset === undefined) continue;
    found.push({
      name,
      mm: offset.mm,
      shift: [-offset.shift[0], -offset.shift[1], -offset.shift[2]],
      spreadMm: offset.spreadMm,
      method: 'metric',
    });
  }
  const judged = new Set(found.map(({ name }) => name));
  return {
    regions: found.map((region) => ({ ...region, interval90Mm: interval90(region) })),
    unjudged: expected.filter((name) => !judged.has(name)),
  };
}

const AXES = [
  ['to the right', 'to the left'],
  ['to the front', 'to the back'],
  ['lower', 'higher'],
] as const;

function inWords(region: RegionMisalignment): string {
  const axis = [0, 1, 2].reduce((best, n) =>
    Math.abs(region.shift[n]!) > Math.abs(region.shift[best]!) ? n : best,
  );
  const direction = AXES[axis]![region.shift[axis]! > 0 ? 1 : 0];
  return `${region.name} ${region.mm.toFixed(0)} mm ${direction} on PET than on CT`;
}

/** Whether most of a slab of the body is seen by both. */
function liesInside(
  fused: FusedAnatomy,
  body: Foreground,
  lowZ: number,
  highZ: number,
  isInside: InsideTest,
): boolean {
  const { labels } = fused;
  const [nx, ny, nz] = labels.size;
  let all = 0;
  let inside = 0;
  for (let k = 0; k < nz; k += 2) {
    const z = labels.origin[2] + k * labels.spacingMm[2];
    if (z < Math.max(lowZ, body.low[2]) || z > Math.min(highZ, body.high[2])) continue;
    for (let j = 0; j < ny; j += 3)
      for (let i = 0; i < nx; i += 3) {
        if (labels.data[i + nx * (j + ny * k)] === 0) continue;
        all++;
        if (
          isInside(labels.origin[0] + i * labels.spacingMm[0], labels.origin[1] + j * labels.spacingMm[1], z)
        )
          inside++;
      }
  }
  return all > 0 && inside / all > 0.6;
}

/** Where the CT's field of view ends at the patient's right and left, LPS x in the frame of the PET. */
function lateralEdges(
  ct: Volume,
  ctFromPet: Mat4 = identity,
): { readonly low: number; readonly high: number } {
  const petFromCt = invert(ctFromPet);
  const middle = ct.size.map((count) => (count - 1) / 2);
  const xs = ([0, 1, 2] as const).flatMap((axis) =>
    [-0.5, ct.size[axis] - 0.5].map((end) => {
      const voxel = middle.map((value, n) => (n === axis ? end : value)) as unknown as Vec3;
      return transformPoint(petFromCt, toWorld(ct, voxel))[0];
    }),
  );
  return { low: Math.min(...xs), high: Math.max(...xs) };
}

/**
 * How well PET and CT fit, region by region and in one number.
 *
 * The score is an estimate from images alone: edges of lung and liver, the skin, and the peak of the metric in slabs of
 * the body. It knows nothing of misalignment in places where neither image has structure.
 */
export async function registrationScore(
  ct: Volume,
  pet: Volume,
  options: ScoreOptions = {},
): Promise<RegistrationScore> {
  const anatomy = options.anatomy ?? (await segmentCtAnatomy(ct));
  const fused = fuse(anatomy, pet, options.ctFromPet === undefined ? {} : { ctFromPet: options.ctFromPet });
  const onCt = insideBy(ct, FIELD_MARGIN_MM, options.ctFromPet);
  const onPet = insideBy(pet, FIELD_MARGIN_MM);
  const isInside: InsideTest = (x, y, z) => onPet(x, y, z) && onCt(x, y, z);
  const { regions, unjudged } = await misalignments(fused, isInside);
  const doubts = doubtsOf(await plausibilityMeasures(fused, isInside, lateralEdges(ct, options.ctFromPet)));
  const wrong = doubts.find(({ kind }) => kind === 'flipped' || kind === 'other patient');
  if (wrong !== undefined)
    return {
      score: 0,
      class: 'red',
      toleranceMm: TOLERANCE_MM,
      regions,
      unjudged,
      doubts,
      reason: wrong.reason,
    };
  if (regions.length === 0)
    return {
      score: undefined,
      class: 'unknown',
      toleranceMm: TOLERANCE_MM,
      regions,
      unjudged,
      doubts,
      reason: 'no region shows enough on both PET and CT for a judgement',
    };
  const worst = regions.reduce((a, b) => (b.mm > a.mm ? b : a));
  const score = Math.round(100 * probabilityWithinTolerance(worst.mm, unjudged.length));
  const { green, amber } = options.thresholds ?? DEFAULT_THRESHOLDS;
  const fits = worst.mm < FITS_MM;
  return {
    score,
    class: score >= green ? 'green' : score >= amber ? 'amber' : 'red',
    toleranceMm: TOLERANCE_MM,
    regions,
    unjudged,
    doubts,
    reason: fits ? `all regions within ${Math.max(1, Math.ceil(worst.mm))} mm` : inWords(worst),
  };
}
