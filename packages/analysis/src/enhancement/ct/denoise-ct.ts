import {
  emptyVolume,
  gaussian,
  nonlocalMeans,
  type Vec3,
  type Volume,
  type VoxelArray,
  voxelType,
} from '@photopeak/imaging';
import { mapOfSlab, slabOf } from '../slab.ts';
import { ctNoise, noiseOnGrid, noisePlaces, noiseRatio } from './ct-noise.ts';
import { holdToNoise, structureOf } from './held-to-noise.ts';

export interface DenoiseCtOptions {
  /** By which part the noise of soft tissue is to fall, 0 to 1; more than the method can do takes all it can. */
  readonly reduction?: number;
  /** h of the weights in units of the guide's noise. */
  readonly strength?: number;
  /** What makes a better image of a denoised one, a network say: called slab by slab, before it is blended. */
  readonly refine?: CtRefinement;
}

/** Slices of a CT, the same as non-local means left them, and their noise by voxel; HU on one grid. */
export interface CtSlab {
  readonly source: Volume;
  readonly denoised: Volume;
  readonly noise: Volume<Float32Array>;
}

/** May look at one slice on either side. */
export type CtRefinement = (slab: CtSlab) => Promise<Volume>;

/** Slices on either side that a refinement may look at. */
const REFINEMENT_REACH = 1;

export interface DenoisedCt<T extends VoxelArray> {
  /** Of the type and unit of the source. */
  readonly volume: Volume<T>;
  /** The most frequent noise of soft tissue, HU. */
  readonly noiseHu: number;
  /** What is expected to be left of it, as a part. */
  readonly remaining: number;
  /** Share of the fully denoised image in the result. */
  readonly blend: number;
}

const DEFAULT_REDUCTION = 0.9;
const DEFAULT_STRENGTH = 1.1;
/**
 * Patches are compared in a smoothed image. The noise of filtered back-projection has its power at middle and high
 * frequencies, that of anatomy at low ones, so that smoothing lets patches tell anatomy by much more than noise.
 */
const GUIDE_MM = 0.82;
/** Sigma across slices, in slices, where they are thin. */
const GUIDE_SLICES = 0.45;
/**
 * Beyond soft tissue differences count by these parts, HU: where the edge of a lung runs through its pixels a little
 * elsewhere, two places would differ by more than any organ from another, and every place would be like none.
 */
const TONES = { low: -200, belowLow: 0.3, high: 300, aboveHigh: 0.5 } as const;
const THIN_MM = 3;
const THICK_MM = 6;
const REACH_MM = 4.5;
/** Voxels whose denoised value lies beyond these stay as they are: air and lung below, metal above. */
const UNTOUCHED_HU = [-350, -250, 1800, 2200] as const;
const SLAB = 48;
/** What the guide, the change smoothed in the plane, and the result keep of the noise where no flat tissue tells it. */
const TYPICAL_KEPT = { guide: 0.41, structure: 0.31 };
const TYPICAL_LEFT = 0.25;

/**
 * Low-dose CT denoised by non-local means in three dimensions that know the noise: its map over the image, and, by a
 * smoothed guide, that it is correlated. No voxel is moved by more than noise explains (`holdToNoise`); air, lung and
 * metal are left alone. The result is a blend of source and denoised image with the wanted reduction of noise. `ct` in
 * HU, slices along the third axis. Works slab by slab: the peak is source and result and about 400 MB at 512 × 512.
 * Throws `ENHANCEMENT_NO_TISSUE` where no noise can be measured.
 */
export async function denoiseCt<T extends VoxelArray>(
  ct: Volume<T>,
  options: DenoiseCtOptions = {},
): Promise<DenoisedCt<T>> {
  const { reduction = DEFAULT_REDUCTION, strength = DEFAULT_STRENGTH, refine } = options;
  const reach = reachOf(ct);
  const { map, noiseHu } = ctNoise(ct);
  // What the guide keeps of the noise, and what of it is left in the end, are measured on the middle of the series.
  const trial = await denoiseSlab(ct, trialRange(ct.size[2]), { map, strength, reach, refine });
  const blend = Math.min(1, Math.max(0, reduction) / Math.max(1e-3, 1 - trial.left));
  const result = emptyVolume(ct, voxelType(ct.data), ct.unit) as unknown as Volume<T>;
  const [nx, ny, nz] = ct.size;
  const isWhole = voxelType(ct.data) !== 'float32' && voxelType(ct.data) !== 'float64';
  for (let from = 0; from < nz; from += SLAB) {
    const to = Math.min(nz, from + SLAB);
    const { denoised, first } = await denoiseSlab(ct, [from, to], {
      map,
      strength,
      reach,
      refine,
      kept: trial.kept,
    });
    const plane = nx * ny;
    for (let at = plane * from, inside = plane * (from - first); at < plane * to; at++, inside++) {
      const source = ct.data[at]!;
      const value = denoised.data[inside]!;
      const mixed = source + blend * share(value) * (value - source);
      result.data[at] = isWhole ? Math.round(mixed) : mixed;
    }
  }
  return { volume: result, noiseHu, remaining: 1 - blend * (1 - trial.left), blend };
}

interface Reach {
  readonly search: Vec3;
  readonly patch: Vec3;
  readonly guideMm: Vec3;
}

function reachOf({ spacingMm, size }: Volume): Reach {
  const across = (axis: 0 | 1) => Math.max(2, Math.min(5, Math.round(REACH_MM / spacingMm[axis])));
  const isThin = spacingMm[2] <= THIN_MM && size[2] > 1;
  const deep = isThin ? 2 : spacingMm[2] <= THICK_MM ? 1 : 0;
  return {
    search: [across(0), across(1), Math.min(deep, size[2] - 1)],
    patch: [2, 2, 0],
    guideMm: [GUIDE_MM, GUIDE_MM, isThin ? GUIDE_SLICES * spacingMm[2] : 0],
  };
}

const trialRange = (slices: number): [number, number] => {
  const half = Math.min(8, slices / 2);
  return [Math.floor(slices / 2 - half), Math.ceil(slices / 2 + half)];
};

/** Noise over that of the source: of the guide, and of the source smoothed as the change is. */
interface Kept {
  readonly guide: number;
  readonly structure: number;
}

interface SlabPlan {
  readonly map: Volume<Float32Array>;
  readonly strength: number;
  readonly reach: Reach;
  readonly refine: CtRefinement | undefined;
  readonly kept?: Kept;
}

async function denoiseSlab(ct: Volume, [from, to]: readonly [number, number], plan: SlabPlan) {
  const { search, patch, guideMm } = plan.reach;
  const halo =
    search[2] + patch[2] + (guideMm[2] > 0 ? 3 : 0) + (plan.refine === undefined ? 0 : REFINEMENT_REACH);
  const first = Math.max(0, from - halo);
  const last = Math.min(ct.size[2], to + halo);
  const slab = slabOf(ct, first, last);
  const guide = await gaussian(toned(slab), { sigmaMm: guideMm });
  const map = mapOfSlab(plan.map, ct, first, last);
  const places = plan.kept === undefined ? noisePlaces(slab, map) : [];
  const kept = plan.kept ?? {
    guide: noiseRatio(guide, places) ?? TYPICAL_KEPT.guide,
    structure: noiseRatio(await structureOf(slab), places) ?? TYPICAL_KEPT.structure,
  };
  const noise = { ...map, data: map.data.map((sigma) => sigma * kept.guide) };
  const sparse = true;
  const strength = plan.strength;
  const averaged = await nonlocalMeans(slab, { guide, noise, strength, search, patch, sparse });
  await holdToNoise(averaged, first, { ct, map: plan.map, kept: kept.structure });
  const inputs = () => ({ source: slab, denoised: averaged, noise: noiseOnGrid(plan.map, ct, first, last) });
  const denoised = plan.refine === undefined ? averaged : await plan.refine(inputs());
  const left = noiseRatio(denoised, places) ?? TYPICAL_LEFT;
  return { denoised, first, kept, left };
}

/** Values of soft tissue as they are, beyond them drawn together. */
function toned(slab: Volume): Volume<Float32Array> {
  // Not shared with the workers: what is shared is not given back as soon as it could be.
  const data = new Float32Array(slab.data.length);
  const { low, belowLow, high, aboveHigh } = TONES;
  for (let at = 0; at < data.length; at++) {
    const hu = slab.data[at]!;
    data[at] = hu < low ? low + belowLow * (hu - low) : hu > high ? high + aboveHigh * (hu - high) : hu;
  }
  return { ...slab, data };
}

/** How much of the denoised image is taken where it has this value. */
function share(hu: number): number {
  const [air, tissue, bone, metal] = UNTOUCHED_HU;
  const above = (hu - air) / (tissue - air);
  const below = (metal - hu) / (metal - bone);
  return Math.max(0, Math.min(1, above, below));
}
