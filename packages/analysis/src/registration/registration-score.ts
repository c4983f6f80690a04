import type { Mat4, Vec3, Volume } from '@photopeak/imaging';
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
import { foregroundOf } from './foreground.ts';
import { regionalOffset } from './landscape.ts';

export type RegionName = 'liver dome' | 'body contour' | 'head' | 'chest' | 'abdomen' | 'pelvis' | 'body';

/** How far PET and CT lie apart in one region of the body. */
export interface RegionMisalignment {
  readonly name: RegionName;
  readonly mm: number;
  /** Direction where it is known: of the PET against the CT, LPS mm. */
  readonly shift: Vec3;
  /** How much the estimate scatters within the region, mm. */
  readonly spreadMm: number;
  readonly method: 'edge' | 'skin' | 'metric';
}

export interface RegistrationScore {
  /**
   * 0 … 100: the probability in percent that no region is misaligned by more than `toleranceMm`, by a logistic model
   * of the worst regional estimate; undefined where no region could be judged.
   */
  readonly score: number | undefined;
  readonly class: 'green' | 'amber' | 'red' | 'unknown';
  readonly toleranceMm: number;
  readonly regions: readonly RegionMisalignment[];
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

/**
 * Probability of a misalignment within tolerance from the worst regional estimate. Even odds at the tolerance; the
 * slope follows from how far the estimates scatter about the truth on phantom studies (bench/registration/score.ts),
 * doubled, because patients are less even than phantoms. Not calibrated on patients.
 */
const LOGISTIC = { atMm: TOLERANCE_MM, perMm: 1.5 } as const;

function regionsOfBody(marks: Landmarks): { name: RegionName; low: number; high: number }[] {
  const regions: { name: RegionName; low: number; high: number }[] = [];
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

async function misalignments(fused: FusedAnatomy, isInside: InsideTest): Promise<RegionMisalignment[]> {
  const marks = findLandmarks(fused);
  const found: RegionMisalignment[] = [];
  const dome = marks.lungs === undefined ? undefined : await diaphragmOffset(fused);
  if (dome !== undefined)
    found.push({
      name: 'liver dome',
      mm: Math.abs(dome.offsetMm),
      shift: [0, 0, dome.offsetMm],
      spreadMm: dome.spreadMm,
      method: 'edge',
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
  const body = foregroundOf(fused.hu);
  for (const { name, low, high } of regionsOfBody(marks)) {
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
  return found;
}

/** Probability that the true misalignment is within tolerance when the worst estimate is `mm`. */
function probabilityWithinTolerance(mm: number): number {
  return 1 / (1 + Math.exp(LOGISTIC.perMm * (mm - LOGISTIC.atMm)));
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
  const regions = await misalignments(fused, (x, y, z) => onPet(x, y, z) && onCt(x, y, z));
  if (regions.length === 0)
    return {
      score: undefined,
      class: 'unknown',
      toleranceMm: TOLERANCE_MM,
      regions,
      reason: 'no region shows enough on both PET and CT for a judgement',
    };
  const worst = regions.reduce((a, b) => (b.mm > a.mm ? b : a));
  const score = Math.round(100 * probabilityWithinTolerance(worst.mm));
  const { green, amber } = options.thresholds ?? DEFAULT_THRESHOLDS;
  const fits = worst.mm < FITS_MM;
  return {
    score,
    class: score >= green ? 'green' : score >= amber ? 'amber' : 'red',
    toleranceMm: TOLERANCE_MM,
    regions,
    reason: fits ? `all regions within ${Math.max(1, Math.ceil(worst.mm))} mm` : inWords(worst),
  };
}
