import { gaussian, identity, type Mat4, multiply, type Vec3, type Volume } from '@photopeak/imaging';
import { type FusedAnatomy, findLandmarks } from '../anatomy/index.ts';
import { median } from '../numbers/index.ts';
import type { InsideTest } from './field-of-view.ts';
import { type Foreground, foregroundOf } from './foreground.ts';
import { binMap, binOf } from './intensity.ts';
import { maximise } from './powell.ts';
import { rigidMatrix } from './rigid-transform.ts';
import { scatter } from './samples.ts';
import { similarity } from './similarity.ts';

/** Why two images should not be fused, whatever their alignment says. */
export interface Doubt {
  readonly kind: 'flipped' | 'other patient' | 'arms' | 'truncated' | 'moved between beds';
  /** In words, for a person: what was seen and where. */
  readonly reason: string;
}

/** The numbers on which the doubts stand, for calibration. */
export interface PlausibilityMeasures {
  /** Mutual information beyond nothing in common (NMI − 1) at the best shift, as the images are and mirrored. */
  readonly likeness:
    | { readonly asTheyAre: number; readonly mirrored: readonly [number, number, number] }
    | undefined;
  /** Scatter over the slices of how much wider and deeper PET shows the body than CT, mm. */
  readonly shapeMm: number | undefined;
  /** Share of the slices of trunk and head where one image is wider by an arm. */
  readonly armShare: number;
  /** Share of the slices where the body reaches the edge of the CT and PET goes on beyond it. */
  readonly cutShare: number;
  /** The largest step of the skin from one part of the body to the next on PET against CT, mm, and its height. */
  readonly step: { readonly mm: number; readonly z: number } | undefined;
}

const SAMPLES = 12_000;
const FEWEST_SAMPLES = 3_000;
const AXIS_WORDS = ['left and right', 'front and back', 'head and feet'] as const;

/** Mirrored about the middle of the body along one axis. */
function mirror({ low, high }: Foreground, axis: number): Mat4 {
  const m: number[] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  m[5 * axis] = -1;
  m[4 * axis + 3] = low[axis]! + high[axis]!;
  return m as unknown as Mat4;
}

function likeness(fused: FusedAnatomy, body: Foreground, isInside: InsideTest) {
  const points = scatter(fused.hu, body, SAMPLES, 7, isInside);
  if (points.count < FEWEST_SAMPLES) return undefined;
  const fixedMap = binMap(points.value);
  const metric = similarity(
    {
      count: points.count,
      position: points.position,
      fixedBin: Float32Array.from(points.value, (value) => binOf(fixedMap, value)),
    },
    fused.suv,
    binMap(scatter(fused.suv, body, SAMPLES, 7, isInside).value),
  );
  const centre = body.low.map((mm, axis) => (mm + body.high[axis]!) / 2) as unknown as Vec3;
  const best = (start: Mat4) =>
    maximise((rigid) => metric.evaluate(multiply(start, rigidMatrix(rigid, centre))), new Float64Array(6), {
      step: 10,
      tolerance: 2,
      sweeps: 3,
    }).value - 1;
  return {
    asTheyAre: best(identity),
    mirrored: [0, 1, 2].map((axis) => best(mirror(body, axis))) as unknown as readonly [
      number,
      number,
      number,
    ],
  };
}

/** First and last voxel of a body along x or y in each slice; NaN where a slice is empty. */
interface Extents {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly front: Float64Array;
  readonly back: Float64Array;
}

/** A row or column belongs to the body when so much of it does: single voxels are noise. */
const FEWEST_MM = 14;

function extents(volume: Volume, isBody: (value: number) => boolean): Extents {
  const [nx, ny, nz] = volume.size;
  const empty = () => new Float64Array(nz).fill(Number.NaN);
  const out = { left: empty(), right: empty(), front: empty(), back: empty() };
  const fewest = FEWEST_MM / volume.spacingMm[0];
  for (let k = 0; k < nz; k++) {
    const columns = new Uint16Array(nx);
    const rows = new Uint16Array(ny);
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++)
        if (isBody(volume.data[i + nx * (j + ny * k)]!)) {
          columns[i]!++;
          rows[j]!++;
        }
    const first = (counts: Uint16Array) => counts.findIndex((count) => count >= fewest);
    const last = (counts: Uint16Array) => counts.findLastIndex((count) => count >= fewest);
    if (first(columns) < 0 || first(rows) < 0) continue;
    const x = (i: number) => volume.origin[0] + i * volume.spacingMm[0];
    const y = (j: number) => volume.origin[1] + j * volume.spacingMm[1];
    out.right[k] = x(first(columns));
    out.left[k] = x(last(columns));
    out.front[k] = y(first(rows));
    out.back[k] = y(last(rows));
  }
  return out;
}

const finite = (values: Iterable<number>) => [...values].filter((value) => Number.isFinite(value));

/** Mean distance from the median, without the tenth that lies furthest: what single slices do not change. */
function scatterOf(values: readonly number[]): number {
  const centre = median(values);
  const distances = values.map((value) => Math.abs(value - centre)).sort((a, b) => a - b);
  const kept = distances.slice(0, Math.ceil(0.9 * distances.length));
  return kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length);
}

/** Noise in the air is no skin. */
const OUTLINE_SIGMA_MM = 5;
/** Arms and skin take up less than the middle of the body. */
const OUTLINE_SHARE = 0.35;

/** Where the body ends on PET: a share of the way from the air around to the uptake that is usual in it. */
function outlineThreshold(pet: Volume<Float32Array>, labels: Volume<Uint8Array>): number {
  const inside: number[] = [];
  const outside: number[] = [];
  for (let n = 0; n < pet.data.length; n += 7) (labels.data[n] === 0 ? outside : inside).push(pet.data[n]!);
  const air = median(outside) || 0;
  return air + OUTLINE_SHARE * (median(inside) - air);
}

const AN_ARM_MM = 45;
const FEWEST_SLICES = 20;

/** The largest difference between the medians of the slices above and below a height. */
function largestStep(shift: Float64Array, z: (k: number) => number): { mm: number; z: number } | undefined {
  const HALF = 12;
  let best: { mm: number; z: number } | undefined;
  for (let k = HALF; k < shift.length - HALF; k++) {
    const below = finite(shift.subarray(k - HALF, k));
    const above = finite(shift.subarray(k, k + HALF));
    if (below.length < HALF - 3 || above.length < HALF - 3) continue;
    const noise = Math.max(scatterOf(below), scatterOf(above));
    const mm = Math.abs(median(above) - median(below));
    // A step, not a slope: the slices next to it lie on both sides as the ones further away do.
    const near = Math.abs(
      median(finite(shift.subarray(k + 1, k + 4))) - median(finite(shift.subarray(k - 4, k - 1))),
    );
    if (noise > mm / 3 || !(near > 0.6 * mm)) continue;
    if (best === undefined || mm > best.mm) best = { mm, z: z(k) };
  }
  return best;
}

export async function plausibilityMeasures(
  fused: FusedAnatomy,
  isInside: InsideTest,
  ctLateral: { readonly low: number; readonly high: number },
): Promise<PlausibilityMeasures> {
  const { labels, suv } = fused;
  const body = foregroundOf(fused.hu);
  const marks = findLandmarks(fused);
  const nz = labels.size[2];
  const z = (k: number) => labels.origin[2] + k * labels.spacingMm[2];
  const smooth = await gaussian(suv, { sigmaMm: OUTLINE_SIGMA_MM });
  const threshold = outlineThreshold(smooth, labels);
  const ct = extents(labels, (label) => label !== 0);
  const pet = extents(smooth, (value) => value > threshold);
  const lungs = marks.lungs;
  let arms = 0;
  let cut = 0;
  let seen = 0;
  const width: number[] = [];
  const depth: number[] = [];
  const toLeft = new Float64Array(nz).fill(Number.NaN);
  const toBack = new Float64Array(nz).fill(Number.NaN);
  for (let k = 0; k < nz; k++) {
    const wider = pet.left[k]! - pet.right[k]! - (ct.left[k]! - ct.right[k]!);
    if (!Number.isFinite(wider)) continue;
    seen++;
    const atEdge = ct.right[k]! < ctLateral.low + 8 || ct.left[k]! > ctLateral.high - 8;
    if (atEdge && wider > 15) cut++;
    else if (Math.abs(wider) > AN_ARM_MM) arms++;
    else if (lungs !== undefined && z(k) > lungs.domeZ - 400 && z(k) < lungs.apexZ) {
      width.push(wider);
      depth.push(pet.back[k]! - pet.front[k]! - (ct.back[k]! - ct.front[k]!));
      toLeft[k] = (pet.left[k]! + pet.right[k]! - ct.left[k]! - ct.right[k]!) / 2;
      toBack[k] = (pet.back[k]! + pet.front[k]! - ct.back[k]! - ct.front[k]!) / 2;
    }
  }
  const steps = [largestStep(toLeft, z), largestStep(toBack, z)].filter((step) => step !== undefined);
  return {
    likeness: likeness(fused, body, isInside),
    shapeMm: width.length < FEWEST_SLICES ? undefined : Math.max(scatterOf(width), scatterOf(depth)),
    armShare: seen === 0 ? 0 : arms / seen,
    cutShare: seen === 0 ? 0 : cut / seen,
    step: steps.sort((a, b) => b.mm - a.mm)[0],
  };
}

/** See `PlausibilityMeasures`; chosen on phantoms (bench/registration/plausibility.ts), not on patients. */
const LIMITS = {
  /** The mirrored image fits better than the image: it is the mirrored one. */
  flipped: 1.1,
  /** It fits about as well: what is alike is the outline of any person, not this one's organs. */
  otherPatient: 0.875,
  shapeMm: 9,
  armShare: 0.12,
  cutShare: 0.06,
  stepMm: 7,
} as const;

export function doubtsOf(measures: PlausibilityMeasures): Doubt[] {
  const doubts: Doubt[] = [];
  // Where hardly anything can be compared nothing speaks against it either.
  if (measures.likeness === undefined) return [];
  const { asTheyAre, mirrored } = measures.likeness;
  const axis = mirrored.indexOf(Math.max(...mirrored));
  const ratio = mirrored[axis]! / asTheyAre;
  const shape = measures.shapeMm ?? 0;
  if (ratio > LIMITS.flipped)
    return [
      {
        kind: 'flipped',
        reason: `PET and CT fit better when ${AXIS_WORDS[axis]} of one are exchanged`,
      },
    ];
  if (ratio > LIMITS.otherPatient || shape > LIMITS.shapeMm)
    return [
      {
        kind: 'other patient',
        reason:
          shape > LIMITS.shapeMm
            ? `the outlines of the trunk differ by ${shape.toFixed(0)} mm from slice to slice: are PET and CT of one patient?`
            : 'the organs do not fit at any position: are PET and CT of one patient?',
      },
    ];
  if (measures.armShare > LIMITS.armShare)
    doubts.push({
      kind: 'arms',
      reason: `in ${Math.round(100 * measures.armShare)} % of the slices one image is wider by an arm: arms up on one, down on the other`,
    });
  if (measures.cutShare > LIMITS.cutShare)
    doubts.push({
      kind: 'truncated',
      reason: `in ${Math.round(100 * measures.cutShare)} % of the slices the body goes on beyond the field of view of the CT: attenuation is wrong there`,
    });
  if (measures.step !== undefined && measures.step.mm > LIMITS.stepMm)
    doubts.push({
      kind: 'moved between beds',
      reason: `the body steps by ${measures.step.mm.toFixed(0)} mm at z = ${measures.step.z.toFixed(0)} mm on PET and not on CT`,
    });
  return doubts;
}
