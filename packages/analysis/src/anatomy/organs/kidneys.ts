import { type Mask, maskWithin, type Vec3 } from '@photopeak/imaging';
import { absence, isFound, type OrganFind, type OrganOutcome } from './find.ts';
import { ORGAN_LABELS } from './names.ts';
import { grownBack, modeOf, softEllipsoid, thickParts } from './parts.ts';
import { sliceAt, type Trunk, tissueWhere } from './trunk.ts';

/** Kidney without contrast medium, and where a kidney begins to be full of it. */
const LOWEST_HU = 2;
const HIGHEST_HU = 80;
const CONTRAST_HU = 95;
const BRIGHTEST_HU = 420;
const ENHANCED_SHARE = 0.25;
const KIDNEYS: readonly number[] = [ORGAN_LABELS.kidneyRight, ORGAN_LABELS.kidneyLeft];
/** Where the middle may lie: from the spine to the side, from the front of the vertebrae to the back, below the dome. */
const ASIDE_MM = [42, 84] as const;
const BACK_MM = [0, 40] as const;
const BELOW_MM = [80, 220] as const;
/** How much a place 60 mm above or below the usual one counts against a fit. */
const USUAL_BELOW_MM = 132;
const PENALTY = 0.12;
const STEP_MM = 6;
/** Half axes of kidneys, and what lies around them: a shell of fat. */
const SIZES: readonly Vec3[] = [
  [22, 22, 44],
  [27, 26, 54],
  [31, 30, 62],
];
const SHELL = { from: 1.3, to: 1.6 } as const;
/** The lower poles lie further to the side, and further in front. */
const TILT = { aside: 0.24, front: 0.2 } as const;
/**
 * An empty bed, with bowel in it, reached 0.51 on the tuning phantoms, kidneys 0.53 and more. Bowel is not full of contrast
 * medium: there empty beds had 0.11 at most, and small kidneys with much fat in their hilum 0.45.
 */
const SMALLEST_SCORE = { plain: 0.52, enhanced: 0.3 } as const;
/**
 * Where only one kidney is found, the other is sought again this near to the mirrored place, the right one lower. There empty
 * beds had 0.40 at most without contrast medium, and a kidney that was missed 0.50.
 */
const MIRROR = { asideMm: 15, backMm: 15, belowMm: 30, rightLowerMm: 14, smallestScore: 0.45 } as const;
/** How far beyond the fitted ellipsoid the outline may go. */
const BEYOND = 1.3;
const CORE_MM = 4;
const CLOSE_MM = 6;
const SMALLEST_ML = 30;

interface Fit {
  readonly centre: Vec3;
  readonly radii: Vec3;
  readonly score: number;
}

/** Where the middle of a kidney lies: from the middle of the spine to the side, behind its front, below the dome; mm. */
export interface KidneyPlace {
  readonly aside: number;
  readonly back: number;
  readonly below: number;
}

export interface KidneyFind extends OrganFind {
  readonly place: KidneyPlace;
}

/** Squared distance from the middle of a fitted kidney in units of its half axes. */
function depthIn(fit: Pick<Fit, 'centre' | 'radii'>, sign: number, x: number, y: number, z: number): number {
  const dz = z - fit.centre[2];
  const dx = x - fit.centre[0] + sign * TILT.aside * dz;
  const dy = y - fit.centre[1] - TILT.front * dz;
  return (dx / fit.radii[0]) ** 2 + (dy / fit.radii[1]) ** 2 + (dz / fit.radii[2]) ** 2;
}

/** An ellipsoid and a shell around it, as the voxels from its middle that are looked at. */
interface Template {
  readonly radii: Vec3;
  /** i, j, k of each voxel. */
  readonly offsets: Int32Array;
  /** Offset of each in the data, and what it counts: of the ellipsoid all together 1, of the shell −1. */
  readonly steps: Int32Array;
  readonly weights: Float64Array;
  /** How far it reaches along each axis, in voxels. */
  readonly reach: Vec3;
}

function templateOf(radii: Vec3, sign: number, stepMm: number, stride: number, [nx, ny]: Vec3): Template {
  const offsets: number[] = [];
  const steps: number[] = [];
  const inCore: boolean[] = [];
  const reach = radii.map((r) => Math.ceil((SHELL.to * r + 20) / stepMm)) as unknown as Vec3;
  let core = 0;
  for (let c = -reach[2]; c <= reach[2]; c++)
    for (let b = -reach[1]; b <= reach[1]; b++)
      for (let a = -reach[0]; a <= reach[0]; a++) {
        const d = Math.sqrt(depthIn({ centre: [0, 0, 0], radii }, sign, a * stepMm, b * stepMm, c * stepMm));
        if (d > SHELL.to || (d > 1 && d < SHELL.from)) continue;
        if (d <= 1) core++;
        inCore.push(d <= 1);
        offsets.push(a * stride, b * stride, c * stride);
        steps.push(stride * (a + nx * (b + ny * c)));
      }
  const shell = inCore.length - core;
  return {
    radii,
    offsets: Int32Array.from(offsets),
    steps: Int32Array.from(steps),
    weights: Float64Array.from(inCore, (isCore) => (isCore ? 1 / core : -1 / shell)),
    reach: reach.map((r) => r * stride) as unknown as Vec3,
  };
}

/** Share of the ellipsoid that is tissue, less that of the shell; beyond the grid there is none. */
function overlap(
  { offsets, steps, weights, reach }: Template,
  tissue: Mask,
  i: number,
  j: number,
  k: number,
) {
  const { data, size } = tissue;
  const [nx, ny, nz] = size;
  const at = i + nx * (j + ny * k);
  const isWhole = [i, j, k].every((n, axis) => n >= reach[axis]! && n + reach[axis]! < size[axis]!);
  let sum = 0;
  for (let m = 0; m < steps.length; m++) {
    if (!isWhole) {
      const [a, b, c] = [i + offsets[3 * m]!, j + offsets[3 * m + 1]!, k + offsets[3 * m + 2]!];
      if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
    }
    if (data[at + steps[m]!] !== 0) sum += weights[m]!;
  }
  return sum;
}

/**
 * The ellipsoid that is fullest with a shell that is emptiest, over all places where a kidney may lie, or those near a
 * given one.
 */
function fitKidney(
  trunk: Trunk,
  tissue: Mask,
  sign: number,
  dome: number,
  near?: KidneyPlace,
): (Fit & { readonly place: KidneyPlace }) | undefined {
  const { labels, spineX, spineFront } = trunk;
  const mm = labels.spacingMm[0];
  const nz = labels.size[2];
  const stride = Math.max(1, Math.round(STEP_MM / mm));
  const steps = stride * mm;
  const templates = SIZES.map((radii) => templateOf(radii, sign, steps, stride, labels.size));
  const isFar = (place: KidneyPlace) =>
    near !== undefined &&
    (Math.abs(place.aside - near.aside) > MIRROR.asideMm ||
      Math.abs(place.back - near.back) > MIRROR.backMm ||
      Math.abs(place.below - near.below) > MIRROR.belowMm);
  let best: (Fit & { readonly place: KidneyPlace }) | undefined;
  for (let k = 0; k < nz; k += stride) {
    const below = dome - trunk.z(k);
    if (below < BELOW_MM[0] || below > BELOW_MM[1]) continue;
    for (let aside = ASIDE_MM[0]; aside <= ASIDE_MM[1]; aside += STEP_MM)
      for (let back = BACK_MM[0]; back <= BACK_MM[1]; back += STEP_MM) {
        const place = { aside, back, below };
        if (isFar(place)) continue;
        const i = Math.round((spineX[k]! + sign * aside - labels.origin[0]) / mm);
        const j = Math.round((spineFront[k]! + back - labels.origin[1]) / mm);
        for (const template of templates) {
          // Of equally good fits the larger explains more.
          const score =
            overlap(template, tissue, i, j, k) +
            (0.0008 * template.radii[2] - PENALTY * ((below - USUAL_BELOW_MM) / 60) ** 2);
          if (best === undefined || score > best.score)
            best = { centre: [trunk.x(i), trunk.y(j), trunk.z(k)], radii: template.radii, score, place };
        }
      }
  }
  return best;
}

/** How much of the tissue where a kidney usually lies is full of contrast medium, and how bright that is. */
function brightAt(trunk: Trunk, sign: number, dome: number, taken: Uint8Array) {
  const level = sliceAt(trunk, dome - USUAL_BELOW_MM);
  const usual = softEllipsoid(
    [trunk.spineX[level]! + sign * 62, trunk.spineFront[level]! + 8, dome - USUAL_BELOW_MM],
    [30, 30, 60],
  );
  const bright: number[] = [];
  let seen = 0;
  tissueWhere(trunk, (value, i, j, k, n) => {
    // The other kidney may have its owner already.
    const isOthers = taken[n] !== 0 && !KIDNEYS.includes(taken[n]!);
    if (isOthers || value < LOWEST_HU || usual(trunk.x(i), trunk.y(j), trunk.z(k)) < 0.5) return false;
    seen++;
    if (value > CONTRAST_HU) bright.push(value);
    return false;
  });
  return { share: bright.length / Math.max(1, seen), hu: modeOf(bright, CONTRAST_HU, BRIGHTEST_HU, 4) };
}

/**
 * Both kidneys. They are two: where only one is found, the other is sought again near its mirrored place, by looser rules.
 */
export async function segmentKidneys(
  trunk: Trunk,
  taken: Uint8Array,
): Promise<{ readonly right: OrganOutcome; readonly left: OrganOutcome }> {
  const right = await segmentKidney(trunk, 'right', taken);
  const left = await segmentKidney(trunk, 'left', taken);
  if (isFound(right) && !isFound(left))
    return { right, left: await segmentKidney(trunk, 'left', taken, right.place) };
  if (isFound(left) && !isFound(right))
    return { right: await segmentKidney(trunk, 'right', taken, left.place), left };
  return { right, left };
}

/** One kidney: an ellipsoid of soft tissue in a shell of fat beside the spine, then the outline of what it holds. */
async function segmentKidney(
  trunk: Trunk,
  side: 'right' | 'left',
  taken: Uint8Array,
  otherPlace?: KidneyPlace,
): Promise<OrganOutcome<KidneyFind>> {
  const { diaphragm, smooth, labels } = trunk;
  const dome = diaphragm?.domeRight ?? diaphragm?.domeLeft;
  if (dome === undefined) return absence('the diaphragm is not in the scan, so its level is not known');
  const sign = side === 'right' ? -1 : 1;
  const [own, other] = [brightAt(trunk, sign, dome, taken), brightAt(trunk, -sign, dome, taken)];
  // Contrast medium comes to both kidneys at once, and a kidney away from its usual place shows little of it there.
  const isEnhanced = Math.max(own.share, other.share) > ENHANCED_SHARE;
  const enhanced = isEnhanced ? (own.share > ENHANCED_SHARE ? own : other).hu : undefined;
  const low = enhanced === undefined ? LOWEST_HU : Math.max(80, 0.55 * enhanced);
  const high = enhanced === undefined ? HIGHEST_HU : BRIGHTEST_HU;
  const tissue = tissueWhere(trunk, (value, _i, _j, _k, n) => taken[n] === 0 && value > low && value < high);
  const lower = side === 'right' ? MIRROR.rightLowerMm : -MIRROR.rightLowerMm;
  const near = otherPlace === undefined ? undefined : { ...otherPlace, below: otherPlace.below + lower };
  const fit = fitKidney(trunk, tissue, sign, dome, near);
  const usual = SMALLEST_SCORE[isEnhanced ? 'enhanced' : 'plain'];
  const smallest = near === undefined ? usual : Math.min(usual, MIRROR.smallestScore);
  if (fit === undefined || fit.score < smallest)
    return absence('beside the spine no part of the shape of a kidney lies in fat');
  const within = (n: number, beyond: number) => {
    const [nx, ny] = labels.size;
    const i = n % nx;
    const j = Math.floor(n / nx) % ny;
    const k = Math.floor(n / (nx * ny));
    return depthIn(fit, sign, trunk.x(i), trunk.y(j), trunk.z(k)) < beyond * beyond;
  };
  const candidate = maskWithin(tissue, (n) => within(n, BEYOND));
  const found = await thickParts(candidate, CORE_MM, softEllipsoid(fit.centre, fit.radii));
  const best = found.parts.sort((a, b) => b.support - a.support)[0];
  if (best === undefined || best.ml < SMALLEST_ML)
    return absence('only a part too small for a kidney was found');
  const allowed = maskWithin(
    labels,
    (n) => labels.data[n] === 1 && taken[n] === 0 && smooth[n]! > Math.min(low, -5) && within(n, BEYOND),
  );
  const grown = await grownBack(
    found.pick(best.label),
    enhanced === undefined ? allowed : candidate,
    CORE_MM,
    CLOSE_MM,
  );
  const mask = maskWithin(grown, (n) => taken[n] === 0 && labels.data[n] === 1 && smooth[n]! > -20);
  return {
    mask,
    hu: enhanced ?? modeOf([...valuesIn(smooth, mask)], LOWEST_HU, HIGHEST_HU) ?? 30,
    fit: fit.score,
    place: fit.place,
    ...(near === undefined
      ? {}
      : { findings: ['its shape is not clear: found by where the other kidney lies'] }),
  };
}

function* valuesIn(values: Float32Array, mask: Mask): Generator<number> {
  for (let n = 0; n < mask.data.length; n++) if (mask.data[n] !== 0) yield values[n]!;
}
