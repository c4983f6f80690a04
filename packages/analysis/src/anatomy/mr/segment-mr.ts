import {
  components,
  distanceTransform,
  fillHoles,
  labelMask,
  type Mask,
  maskWhere,
  opening,
  PhotopeakError,
  sameGrid,
  type Volume,
  voxelVolumeMl,
} from '@photopeak/imaging';
import { patientGrid, sampleOnto } from '../../sampling/index.ts';
import { ANATOMY_LABELS, type StructureReport } from '../labels.ts';
import { segmentLungs } from '../lungs.ts';
import type { CtAnatomy } from '../segment-ct.ts';
import { foregroundLevel } from './foreground-level.ts';

/** Images of one Dixon acquisition, or any T1-like image of the body alone. */
export interface MrImages {
  /** In-phase, or another image in which soft tissue and fat are both bright. */
  readonly body: Volume;
  /** On the grid of each other; both or none. */
  readonly water?: Volume;
  readonly fat?: Volume;
}

/**
 * What MR shows of the body, in the form that the analysis of PET/CT takes: `anatomy.ct` holds the HU that the class of a
 * voxel has on average, air, lung, fat or soft tissue. Two things MR does not show are assumed, only to find one's way in
 * the body, and are no findings: a skull under the scalp and a spine along the back, both labelled bone.
 */
export interface MrAnatomy {
  readonly anatomy: CtAnatomy;
  /** What was seen: body and lungs. */
  readonly structures: readonly StructureReport[];
  /** Fat was told from water. */
  readonly hasFat: boolean;
}

const FINEST_MM = 3;
const MOST_VOXELS = 8e6;
const SMALLEST_BODY_ML = 200;
/** A part of the body that is not joined to the largest, such as an arm. */
const SMALLEST_PART_ML = 400;
/** Dark parts within the body that are smaller are bone, vessels or gas. */
const SMALLEST_LUNG_ML = 150;
/** Lungs are wide; cortical bone and the walls of the skull are thinner than a ball of this radius. */
const LUNG_BALL_MM = 6;
/** Where the signal lies between air and tissue, as a share of the level of tissue. */
const DARK_SHARE = 0.3;
const FAT_SHARE = 0.5;

const HU = { air: -1000, lung: -800, fat: -100, soft: 25, bone: 500 } as const;

/** Body, lungs, fat and soft tissue from MR. Fails with ANATOMY_NO_BODY where the image shows no body. */
export async function segmentMrAnatomy(images: MrImages): Promise<MrAnatomy> {
  const { water, fat } = images;
  if (water !== undefined && fat !== undefined && !sameGrid(water, fat)) {
    throw new PhotopeakError('water and fat do not lie on the same voxels', {
      code: 'ANATOMY_DIXON_GRID',
      expected: `${water.size.join('×')} voxels for both`,
      found: `${fat.size.join('×')} voxels of fat`,
      remedy: 'Give the water and fat images of one Dixon acquisition.',
    });
  }
  const probe = patientGrid(images.body, 10);
  const mm3 = probe.size[0] * probe.size[1] * probe.size[2] * 1000;
  const grid = patientGrid(images.body, Math.max(FINEST_MM, Math.cbrt(mm3 / MOST_VOXELS)));
  const signal = sampleOnto(images.body, grid, { outside: 0 });
  const level = foregroundLevel(signal);
  const body = await bodyOf(signal, DARK_SHARE * level);
  const bodyMl = countMl(body);
  if (bodyMl < SMALLEST_BODY_ML) {
    throw new PhotopeakError('The MR shows no body', {
      code: 'ANATOMY_NO_BODY',
      expected: `at least ${SMALLEST_BODY_ML} ml of tissue`,
      found: `${bodyMl.toFixed(0)} ml`,
      remedy: 'Check that the series shows the trunk with fat and soft tissue bright.',
    });
  }
  const air = await lungsOf(signal, body, DARK_SHARE * level);
  const lungs = await segmentLungs(body, air, undefined);
  const isFat = fatOf(images, grid);
  const labels = maskWhere(body, () => false);
  const hu = { ...signal, data: new Float32Array(signal.data.length).fill(HU.air), unit: "[hnsf'U]" };
  for (let n = 0; n < body.data.length; n++) {
    if (body.data[n] === 0) continue;
    const side = lungs === undefined ? 0 : lungs.right.data[n] !== 0 ? 1 : lungs.left.data[n] !== 0 ? 2 : 0;
    labels.data[n] =
      side === 1 ? ANATOMY_LABELS.lungRight : side === 2 ? ANATOMY_LABELS.lungLeft : ANATOMY_LABELS.body;
    hu.data[n] = air.data[n] !== 0 ? HU.lung : isFat(n) ? HU.fat : HU.soft;
  }
  // Without lungs nothing says which part of the body this is.
  if (lungs !== undefined) await assumeBones(body, labels, hu);
  return {
    anatomy: { ct: hu, labels, structures: [] },
    structures: reports(body, labels, bodyMl, lungs?.findings ?? []),
    hasFat: water !== undefined && fat !== undefined,
  };
}

const countMl = (mask: Mask, label = 1): number => {
  let count = 0;
  for (let n = 0; n < mask.data.length; n++) if (mask.data[n] === label) count++;
  return count * voxelVolumeMl(mask);
};

async function bodyOf(signal: Volume, threshold: number): Promise<Mask> {
  const bright = maskWhere(signal, (value) => value > threshold);
  const solid = await fillHoles(await opening(bright, { radiusMm: 4 }), { perSlice: 2 });
  const parts = await components(solid, { connectivity: 6 });
  const largest = Math.max(0, ...parts.sizes);
  const smallest = SMALLEST_PART_ML / voxelVolumeMl(signal);
  const keep = parts.sizes.map((size) => size === largest || size >= smallest);
  return fillHoles(labelMask(parts.labels, keep), { perSlice: 2 });
}

async function lungsOf(signal: Volume, body: Mask, threshold: number): Promise<Mask> {
  const dark = maskWhere(signal, (value, n) => body.data[n] !== 0 && value < threshold);
  const wide = await opening(dark, { radiusMm: LUNG_BALL_MM });
  const parts = await components(wide, { connectivity: 6 });
  const smallest = SMALLEST_LUNG_ML / voxelVolumeMl(signal);
  return maskWhere(parts.labels, (label) => label > 0 && parts.sizes[label - 1]! >= smallest);
}

function fatOf({ water, fat }: MrImages, grid: Volume | ReturnType<typeof patientGrid>) {
  if (water === undefined || fat === undefined) return () => false;
  const w = sampleOnto(water, grid, { outside: 0 });
  const f = sampleOnto(fat, grid, { outside: 0 });
  return (n: number): boolean => f.data[n]! > FAT_SHARE * (f.data[n]! + w.data[n]!);
}

const SCALP_MM = 7;
const SKULL_MM = 7;
/** The neck: slices from here above the lungs on belong to the head. */
const HEAD_ABOVE_LUNG_MM = 110;
const SPINE_DEPTH_MM = 58;
const SPINE_RADIUS_MM = 17;
const SPINE_REACH_MM = 45;

/** A skull under the scalp above the neck and a column along the back below it. */
async function assumeBones(body: Mask, labels: Mask, hu: Volume<Float32Array>): Promise<void> {
  const [nx, ny, nz] = labels.size;
  const depth = (await distanceTransform(maskWhere(body, (inside) => inside === 0))).data;
  let apex = -1;
  for (let n = 0; n < labels.data.length; n++)
    if (labels.data[n] === ANATOMY_LABELS.lungRight || labels.data[n] === ANATOMY_LABELS.lungLeft)
      apex = Math.floor(n / (nx * ny));
  const [dx, dy, dz] = labels.spacingMm;
  const head = apex < 0 ? Number.POSITIVE_INFINITY : apex + HEAD_ABOVE_LUNG_MM / dz;
  const set = (n: number) => {
    labels.data[n] = ANATOMY_LABELS.bone;
    hu.data[n] = HU.bone;
  };
  for (let k = 0; k < nz; k++) {
    const base = nx * ny * k;
    if (k >= head) {
      for (let n = base; n < base + nx * ny; n++)
        if (body.data[n] !== 0 && depth[n]! > SCALP_MM && depth[n]! <= SCALP_MM + SKULL_MM) set(n);
      continue;
    }
    const centre = spineCentre(body, k);
    if (centre === undefined) continue;
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const n = base + i + nx * j;
        const away = Math.hypot((i - centre[0]) * dx, (j - centre[1]) * dy);
        if (body.data[n] !== 0 && away <= SPINE_RADIUS_MM && labels.data[n] === ANATOMY_LABELS.body) set(n);
      }
  }
}

/** In the middle of the body, some way in front of the back. */
function spineCentre(body: Mask, k: number): readonly [number, number] | undefined {
  const [nx, ny] = body.size;
  let sum = 0;
  let count = 0;
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++)
      if (body.data[i + nx * (j + ny * k)] !== 0) {
        sum += i;
        count++;
      }
  if (count === 0) return undefined;
  const middle = sum / count;
  const reach = SPINE_REACH_MM / body.spacingMm[0];
  for (let j = ny - 1; j >= 0; j--)
    for (let i = Math.max(0, Math.ceil(middle - reach)); i <= Math.min(nx - 1, middle + reach); i++)
      if (body.data[i + nx * (j + ny * k)] !== 0) return [middle, j - SPINE_DEPTH_MM / body.spacingMm[1]];
  return undefined;
}

function reports(
  body: Mask,
  labels: Mask,
  bodyMl: number,
  lungFindings: readonly string[],
): StructureReport[] {
  const lung = (name: 'lungRight' | 'lungLeft'): StructureReport => {
    const volumeMl = countMl(labels, ANATOMY_LABELS[name]);
    return volumeMl === 0
      ? { name, present: false, volumeMl, confidence: 0, findings: ['no lung in the field of view'] }
      : {
          name,
          present: true,
          volumeMl,
          confidence: lungFindings.length > 0 ? 0.5 : 0.9,
          findings: lungFindings,
        };
  };
  const cut = [0, 1].some((axis) => touchesEdge(body, axis as 0 | 1));
  return [
    {
      name: 'body',
      present: true,
      volumeMl: bodyMl,
      confidence: cut ? 0.7 : 1,
      findings: cut ? ['cut off by the edge of the field of view'] : [],
    },
    lung('lungRight'),
    lung('lungLeft'),
  ];
}

function touchesEdge(mask: Mask, axis: 0 | 1): boolean {
  const [nx, ny] = mask.size;
  for (let n = 0; n < mask.data.length; n++) {
    if (mask.data[n] === 0) continue;
    const at = axis === 0 ? n % nx : Math.floor(n / nx) % ny;
    if (at === 0 || at === mask.size[axis] - 1) return true;
  }
  return false;
}
