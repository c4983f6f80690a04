import {
  crop,
  emptyVolume,
  gaussian,
  type Mask,
  requireSameGrid,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { labelsOnto } from '../../sampling/index.ts';
import { BAND_RATIO, type Band, type BandStart, bandsOf } from './bands.ts';
import { findBlobs } from './blobs.ts';
import { findLines, type LineProbe } from './lines.ts';
import { bandNoise } from './noise-and-blur.ts';
import { distinct, type Explained, type Spot } from './spots.ts';
import { type TextureSpot, textureOf } from './texture.ts';

export interface StructureOptions {
  /** Where there is something to judge: the original, smoothed a little, lies above this (CT: body without couch, −900 HU). */
  readonly above: number;
  /** Only here, on any grid; default everywhere. */
  readonly within?: Mask;
  /** `constant` from place to place but for slow changes (CT, MR, log-compressed ultrasound); `counts`: grows with √signal (PET, SPECT). */
  readonly noise: 'constant' | 'counts';
  /** What the third axis is: `frames` are judged one by one. */
  readonly planes: 'slices' | 'frames';
  /** Planes worked on at once; bounds the memory. */
  readonly slabPlanes?: number;
  /**
   * Of the noise of the original what a change is taken to have at least, default 0: where next to nothing is changed, its own
   * noise is no measure.
   */
  readonly leastNoiseShare?: number;
}

export interface Structures {
  /** From the highest score down. */
  readonly spots: readonly Spot[];
  /** Where the change has more texture than noise explains. */
  readonly texture: TextureSpot | undefined;
  /** Share of the grid that was judged. */
  readonly judged: number;
  /** Places there that do not depend on each other, as far as the finest smoothing tells. */
  readonly places: number;
}

export const EXPLAINED: Explained = { anatomyShare: { new: 0.05, lost: 0.08 } };
/** The finest smoothing: below the size of the smallest nodule worth a word, and not finer than the pixels. */
const FINEST_MM = 0.65;
const FINEST_PIXELS = 0.6;
/** Speckle is a few pixels wide: nothing finer is structure. */
const FINEST_FRAME_PIXELS = 1;
/** To lesions of about 20 mm of CT; of images of coarse pixels as many octaves. */
const BANDS = 5;
/** Texture is judged in the finer bands: in coarse ones there is anatomy everywhere. */
const TEXTURE_BANDS = 1;
/** Lines are sought in this band. */
const LINE_BAND = 1;
/** In pixels of the finest smoothing, so that they fit every modality: vessels, and streaks. */
const LINES: readonly LineProbe[] = [
  { lengthMm: 18, directions: 12 },
  { lengthMm: 45, directions: 30 },
];
const linesOf = (finestMm: number): readonly LineProbe[] =>
  LINES.map(({ lengthMm, directions }) => ({ lengthMm: (lengthMm * finestMm) / FINEST_MM, directions }));
/** Without margins: large enough that margins cost less than half again. */
const SLAB_VOXELS = 24 * 512 * 512;
/** Of the widest smoothing; what lies beyond weighs less than a twentieth. */
const MARGIN_SIGMAS = 2;
const MASK_SMOOTHING_MM = 2;
/** A place was left alone where it changed by less than this share of what most changed by, on average over this width. */
const TOUCHED_SHARE = 0.2;
const TOUCHED_MM = 2.5;
/** Noise of counts follows the activity over this width, mm. */
const ACTIVITY_MM = 6;

/** Finds what was added to an image or taken from it that neither its noise nor blurring explains. Throws `IMAGING_GRID_MISMATCH`. */
export async function findStructures(
  original: Volume,
  enhanced: Volume,
  options: StructureOptions,
): Promise<Structures> {
  requireSameGrid(original, enhanced, 'the check for new and lost structures');
  const across = options.planes === 'slices';
  const [nx, ny, nz] = original.size;
  const [dx, dy, dz] = original.spacingMm;
  const finestMm = across
    ? Math.max(FINEST_MM, FINEST_PIXELS * Math.max(dx, dy))
    : FINEST_FRAME_PIXELS * Math.max(dx, dy);
  const margin = across ? Math.ceil((MARGIN_SIGMAS * finestMm * BAND_RATIO ** BANDS) / dz) : 0;
  const depth = options.slabPlanes ?? Math.max(8, Math.ceil(SLAB_VOXELS / (nx * ny)));
  const spots: Spot[] = [];
  const textures: TextureSpot[] = [];
  let judged = 0;
  for (let start = 0; start < nz; start += depth) {
    const end = Math.min(nz, start + depth);
    const [first, last] = [Math.max(0, start - margin), Math.min(nz, end + margin)];
    const box = { start: [0, 0, first], size: [nx, ny, last - first] } as const;
    const slab = await prepare(crop(original, box), crop(enhanced, box), options, finestMm);
    judged += count(slab.mask, nx * ny * (start - first), nx * ny * (end - first));
    let n = 0;
    for await (const band of bandsOf(slab.smoothed, finestMm, BANDS, across)) {
      const mask = reduced(slab.mask, box.size, band);
      const noise = bandNoise(band, mask, EXPLAINED, options.leastNoiseShare);
      const core = [start - first, end - first] as const;
      const found = findBlobs(band, noise, mask, core, across);
      if (n === LINE_BAND) found.push(...(await findLines(band, mask, linesOf(finestMm), noise, core)));
      for (const spot of found) spots.push(placed(spot, first, slab.weight, [nx, ny]));
      const texture = n <= TEXTURE_BANDS ? textureOf(band, mask, first) : undefined;
      if (texture !== undefined) textures.push(texture);
      n++;
    }
  }
  return {
    spots: distinct(spots, original.spacingMm),
    texture: textures.sort((a, b) => b.excess - a.excess)[0],
    judged: judged / (nx * ny * nz),
    places: (judged * dx * dy) / finestMm ** 2 / (across ? Math.max(1, finestMm / dz) : 1),
  };
}

interface Slab {
  /** Original and change, smoothed by the finest width. */
  readonly smoothed: BandStart;
  readonly mask: Uint8Array;
  /** What original and change were multiplied with; undefined: nothing. */
  readonly weight: Float32Array | undefined;
}

async function prepare(
  original: Volume,
  enhanced: Volume,
  options: StructureOptions,
  finestMm: number,
): Promise<Slab> {
  const x = emptyVolume(original, 'float32', original.unit);
  const d = emptyVolume(original, 'float32', original.unit);
  const across = options.planes === 'slices';
  const widths = (mm: number): Vec3 => [mm, mm, across ? mm : 0];
  x.data.set(original.data);
  d.data.set(enhanced.data);
  subtract(d.data, x.data);
  const smooth = await gaussian(x, { sigmaMm: widths(MASK_SMOOTHING_MM) });
  let weight: Float32Array | undefined;
  if (options.noise === 'counts') {
    const activity = await gaussian(x, { sigmaMm: widths(ACTIVITY_MM) });
    weight = activity.data;
    for (let at = 0; at < d.data.length; at++) {
      weight[at] = 1 / Math.sqrt(Math.max(weight[at]!, options.above));
      x.data[at]! *= weight[at]!;
      d.data[at]! *= weight[at]!;
    }
  }
  const mask = new Uint8Array(d.data.length);
  const { strength, least } = await touched(d, widths(TOUCHED_MM));
  for (let at = 0; at < mask.length; at++)
    mask[at] = smooth.data[at]! > options.above && strength[at]! > least ? 1 : 0;
  if (options.within !== undefined) {
    const inside = labelsOnto(options.within, original).data;
    for (let at = 0; at < mask.length; at++) mask[at]! &= inside[at]!;
  }
  const sigmaMm = widths(finestMm);
  return { smoothed: [await gaussian(x, { sigmaMm }), await gaussian(d, { sigmaMm })], mask, weight };
}

/** In a function of its own: a loop over one type of arrays is compiled once, and well. */
function subtract(from: Float32Array, what: Float32Array): void {
  for (let at = 0; at < from.length; at++) from[at]! -= what[at]!;
}

/**
 * Where a method did something: many leave air, lungs or metal alone. There is nothing to judge there, and what is next to it must
 * not be measured by it.
 */
async function touched(
  change: Volume<Float32Array>,
  sigmaMm: Vec3,
): Promise<{ readonly strength: Float32Array; readonly least: number }> {
  const magnitude = emptyVolume(change, 'float32', change.unit);
  for (let at = 0; at < magnitude.data.length; at++) magnitude.data[at] = Math.abs(change.data[at]!);
  const strength = (await gaussian(magnitude, { sigmaMm })).data;
  const every = Math.max(1, Math.floor(strength.length / 50_000));
  const some = new Float32Array(Math.ceil(strength.length / every));
  let count = 0;
  for (let at = 0; at < strength.length; at += every) if (strength[at]! > 0) some[count++] = strength[at]!;
  const sorted = some.subarray(0, count).sort();
  return { strength, least: TOUCHED_SHARE * (sorted[Math.floor(0.75 * (count - 1))] ?? 0) };
}

function count(mask: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += mask[at]!;
  return sum;
}

/** The mask on the grid of a band: the first voxel of each block. */
function reduced(mask: Uint8Array, [nx, ny]: Vec3, { change, factors }: Band): Uint8Array {
  if (factors.every((factor) => factor === 1)) return mask;
  const [mx, my, mz] = change.size;
  const result = new Uint8Array(mx * my * mz);
  for (let k = 0; k < mz; k++)
    for (let j = 0; j < my; j++)
      for (let i = 0; i < mx; i++)
        result[i + mx * (j + my * k)] = mask[i * factors[0] + nx * (j * factors[1] + ny * k)]!;
  return result;
}

/** From the slab to the image, and from weighted values to those of the image. */
function placed(
  spot: Spot,
  firstPlane: number,
  weight: Float32Array | undefined,
  [nx, ny]: readonly [number, number],
): Spot {
  const [i, j, k] = spot.voxel;
  const contrast = weight === undefined ? spot.contrast : spot.contrast / weight[i + nx * (j + ny * k)]!;
  return { ...spot, voxel: [i, j, k + firstPlane], contrast };
}
