import {
  closing,
  components,
  dilate,
  distanceTransform,
  fillHoles,
  gaussian,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  opening,
} from '@photopeak/imaging';
import {
  ANATOMY_LABELS,
  type FusedAnatomy,
  type Landmarks,
  ORGAN_LABELS,
  type OrganName,
} from '../anatomy/index.ts';

/** Organs of the CT whose neighbourhood is judged; brain and heart have zones of their own. */
export const NEIGHBOURS = ['liver', 'spleen', 'kidneyRight', 'kidneyLeft', 'stomach', 'bladder'] as const;
export type Neighbour = (typeof NEIGHBOURS)[number] & OrganName;

/** Where organs lie that take up tracer by nature, on the fused grid. */
export interface OrganZones {
  /** Distance in mm to each organ that was segmented, 0 inside; absent where it was not found. */
  readonly toOrgan: Partial<Record<Neighbour, Float32Array>>;
  readonly brain: Mask | undefined;
  readonly heart: Mask | undefined;
  readonly liver: Mask | undefined;
  /** Thickness of the soft tissue: distance in mm to the nearest fat, air or bone. */
  readonly softDepth: Float32Array;
  /** Distance in mm to the nearest bone. */
  readonly toBone: Float32Array;
  /** Distance in mm to the nearest lung. */
  readonly toLung: Float32Array;
  /** Distance in mm to the nearest gas inside the body that is not lung. */
  readonly toGas: Float32Array;
}

const SKULL_GAP_MM = 7;
const SMALLEST_BRAIN_ML = 100;
const BRAIN_BLUR_MM = 8;
const HEART_BALL_MM = 14;
const HEART_BLUR_MM = 6;
const SOFT_HU = -15;
const GAS_HU = -500;

/** Soft tissue enclosed by a ring of bone in axial slices, above the chest. */
async function brainZone(fused: FusedAnatomy, marks: Landmarks): Promise<Mask | undefined> {
  const { labels, hu } = fused;
  const bone = labelMask(labels, ANATOMY_LABELS.bone);
  const ring = await closing(bone, { radiusMm: SKULL_GAP_MM });
  const filled = await fillHoles(ring, { perSlice: 2 });
  const floor = marks.lungs?.apexZ ?? Number.NEGATIVE_INFINITY;
  const perSlice = labels.size[0] * labels.size[1];
  const cavity = maskWhere(filled, (inside, n) => {
    if (inside === 0 || bone.data[n] !== 0) return false;
    const z = labels.origin[2] + Math.floor(n / perSlice) * labels.spacingMm[2];
    return z > floor && hu.data[n]! > -30 && hu.data[n]! < 110;
  });
  const parts = await components(await opening(cavity, { radiusMm: 6 }), { connectivity: 6 });
  const voxelMl = labels.spacingMm.reduce((a, b) => a * b, 1) / 1000;
  const keep = parts.sizes.map((size) => size * voxelMl >= SMALLEST_BRAIN_ML);
  if (!keep.includes(true)) return undefined;
  return dilate(labelMask(parts.labels, keep), { radiusMm: BRAIN_BLUR_MM });
}

/** Thick soft tissue with a lung on either side, in front of the spine, in the lower two thirds of the chest. */
async function heartZone(
  fused: FusedAnatomy,
  marks: Landmarks,
  liver: Mask | undefined,
): Promise<Mask | undefined> {
  if (marks.lungs === undefined) return undefined;
  const { labels, hu } = fused;
  const [nx, ny, nz] = labels.size;
  const { apexZ, domeZ } = marks.lungs;
  const low = domeZ - 35;
  const high = domeZ + 0.6 * (apexZ - domeZ);
  const between = maskWhere(labels, () => false);
  for (let k = 0; k < nz; k++) {
    const z = labels.origin[2] + k * labels.spacingMm[2];
    if (z < low || z > high || Number.isNaN(marks.spineX[k]!)) continue;
    for (let j = 0; j < ny; j++) {
      const y = labels.origin[1] + j * labels.spacingMm[1];
      if (y > marks.spineFrontY[k]!) continue;
      const row = nx * (j + ny * k);
      let first = -1;
      let last = -1;
      for (let i = 0; i < nx; i++) {
        const label = labels.data[row + i]!;
        if (label === ANATOMY_LABELS.lungRight && first < 0) first = i;
        if (label === ANATOMY_LABELS.lungLeft) last = i;
      }
      if (first < 0 || last < 0) continue;
      for (let i = first; i <= last; i++) {
        if (labels.data[row + i] !== ANATOMY_LABELS.body || hu.data[row + i]! < -40) continue;
        if (liver !== undefined && liver.data[row + i] !== 0) continue;
        between.data[row + i] = 1;
      }
    }
  }
  const thick = await opening(between, { radiusMm: HEART_BALL_MM });
  if (!thick.data.includes(1)) return undefined;
  const wide = await dilate(thick, { radiusMm: HEART_BLUR_MM });
  return liver === undefined ? wide : maskWithin(wide, (n) => liver.data[n] === 0);
}

export async function organZones(
  fused: FusedAnatomy,
  marks: Landmarks,
  liverMask: Mask | undefined,
): Promise<OrganZones> {
  const { labels, hu } = fused;
  // Lesions leave holes in the evenly filled liver; close them.
  const liver =
    liverMask === undefined
      ? undefined
      : await fillHoles(await closing(liverMask, { radiusMm: 20 }), { perSlice: 2 });
  const smoothHu = (await gaussian(hu, { sigmaMm: 2 })).data;
  const hard = maskWhere(labels, (label, n) => label !== ANATOMY_LABELS.body || smoothHu[n]! < SOFT_HU);
  const distance = async (mask: Mask) => (await distanceTransform(mask)).data as Float32Array;
  const toOrgan: Partial<Record<Neighbour, Float32Array>> = {};
  for (const name of NEIGHBOURS) {
    const value = ORGAN_LABELS[name];
    if (fused.organs?.data.includes(value) !== true) continue;
    toOrgan[name] = await distance(labelMask(fused.organs, value));
  }
  return {
    toOrgan,
    brain: await brainZone(fused, marks),
    heart: await heartZone(fused, marks, liver),
    liver,
    softDepth: await distance(hard),
    toBone: await distance(labelMask(labels, ANATOMY_LABELS.bone)),
    toLung: await distance(labelMask(labels, new Set([ANATOMY_LABELS.lungRight, ANATOMY_LABELS.lungLeft]))),
    toGas: await distance(
      maskWhere(labels, (label, n) => label === ANATOMY_LABELS.body && hu.data[n]! < GAS_HU),
    ),
  };
}
