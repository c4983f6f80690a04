import {
  identity,
  invert,
  type Mat4,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { type CtAnatomy, fuse, segmentCtAnatomy } from '../anatomy/index.ts';
import { type InsideTest, insideBy } from './field-of-view.ts';
import { measureRegions, type RegionMeasurement, type RegionName } from './measure-regions.ts';
import { type Doubt, doubtsOf, plausibilityMeasures } from './plausibility.ts';
import { interval90, probabilityWithinTolerance } from './score-model.ts';

/** How far PET and CT lie apart in one region of the body. */
export interface RegionMisalignment extends RegionMeasurement {
  /** Where the true value lies in nine of ten phantom cases, mm. */
  readonly interval90Mm: readonly [number, number];
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
/** Below it no region is worth naming. */
const FITS_MM = 2.5;
const DEFAULT_THRESHOLDS = { green: 80, amber: 50 };

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
  const measured = await measureRegions(fused, isInside);
  const { unjudged } = measured;
  const regions = measured.regions.map((region) => ({ ...region, interval90Mm: interval90(region) }));
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
