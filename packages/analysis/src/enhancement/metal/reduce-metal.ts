import {
  createVolume,
  gaussian,
  type Mask,
  PhotopeakError,
  type Projections,
  type Volume,
} from '@photopeak/imaging';
import { filteredBackprojection, projectVolume } from '../../reconstruction/index.ts';
import { findMetal } from './find-metal.ts';
import { imageStreaks } from './image-streaks.ts';
import { joined, joinedPixels, spreadOut } from './joined-pixels.ts';
import { METAL_HU, metalGroups } from './metal-groups.ts';
import { tissuePrior } from './prior.ts';
import { bridged, metalTrace } from './trace.ts';

export type MetalMethod = 'nmar' | 'fsnmar' | 'li';

export interface MetalOptions {
  /** From this on a voxel is metal, HU; its neighbours from 0.8 of it. */
  readonly metalHu?: number;
  /** What the image was reconstructed from; without it the image itself is projected. */
  readonly sinogram?: MetalSinogram;
  /** What is left of the streaks in some slices reduced from the image, HU, on the grid of these: taken away as well. */
  readonly refine?: (slices: ReducedSlices) => Promise<Volume<Float32Array>>;
}

/** Some slices with metal, HU; pixels below 0.85 mm are joined. */
export interface ReducedSlices {
  readonly scanned: Volume<Float32Array>;
  readonly reduced: Volume<Float32Array>;
  /** All that was found of hardened rays, and in the trace of metal, of which the slices have lost a part. */
  readonly hardening: Volume<Float32Array>;
  readonly trace: Volume<Float32Array>;
  /** Its share of each pixel. */
  readonly metal: Volume<Float32Array>;
}

export interface MetalSinogram {
  /** Line integrals per mm. */
  readonly projections: Projections;
  /** Attenuation of water per mm. */
  readonly waterPerMm: number;
  /**
   * `li`: values in the trace of metal drawn straight. `nmar`: after division by the projections of a prior (Meyer 2010).
   * `fsnmar`: with the original's fine detail near metal (Meyer 2012).
   */
  readonly method?: MetalMethod;
  /** Times that the prior is made anew from the result. */
  readonly iterations?: number;
}

export interface MetalReduction {
  /** HU. The very image where there is no metal. */
  readonly volume: Volume<Float32Array>;
  readonly metal: Mask;
  readonly metalVoxels: number;
}

const ITERATIONS = 3;
/** Near metal the original's detail is taken over, falling off with this distance. */
const DETAIL_MM = 12;
const DETAIL_SIGMA_MM = 1.5;
/** Below this share of the largest value of the prior a division says nothing. */
const LEAST_PRIOR = 0.02;

/**
 * Takes the streaks of metal out of a CT: what rays through metal measured is replaced by what a prior without streaks
 * would have measured, in step with the rays beside. Slices of the image are the rows of the beam, each by itself. From
 * images alone only the streaks are reconstructed and taken away, so that what no metal touched keeps its sharpness and its
 * kernel; from projections the image is made anew. Throws `METAL_UNIT`, `TOMOGRAPHY_*`.
 */
export async function reduceMetal(image: Volume, options: MetalOptions = {}): Promise<MetalReduction> {
  const { metalHu = METAL_HU, sinogram, refine } = options;
  if (image.unit !== "[hnsf'U]") {
    throw new PhotopeakError('metal is told by HU', {
      code: 'METAL_UNIT',
      expected: 'a CT in HU',
      found: image.unit,
    });
  }
  const volume = createVolume(image, new Float32Array(image.data), image.unit);
  const metal = await findMetal(volume, metalHu);
  const metalVoxels = metal.data.reduce((sum, value) => sum + value, 0);
  const softHu = softTissue(volume.data);
  if (sinogram !== undefined) {
    if (metalVoxels > 0) volume.data.set(await reduceSinogram(volume, metal, softHu, sinogram));
    return { volume, metal, metalVoxels };
  }
  for (const { grid, from, to } of metalGroups(metal)) {
    const place = (data: Float32Array) => createVolume(grid, data, image.unit);
    const scanned = place(volume.data.slice(from, to));
    const share = { ...grid, data: new Float32Array(metal.data.subarray(from, to)), unit: '1' };
    const streaks = await imageStreaks(scanned, share, softHu);
    for (let n = from; n < to; n++) if (metal.data[n] === 0) volume.data[n]! -= streaks.kept[n - from]!;
    if (refine === undefined) continue;
    const factor = joinedPixels(grid);
    const join = (data: Float32Array) => joined(place(data), factor);
    const left = await refine({
      scanned: join(scanned.data),
      reduced: join(volume.data.subarray(from, to)),
      hardening: join(streaks.hardening),
      trace: join(streaks.trace),
      metal: joined(share, factor),
    });
    const more = spreadOut(left, grid, factor);
    for (let n = from; n < to; n++) if (metal.data[n] === 0) volume.data[n]! -= more[n - from]!;
  }
  return { volume, metal, metalVoxels };
}

/** HU of the image made anew, metal as it was. Its grid is that of the gantry. */
async function reduceSinogram(
  original: Volume<Float32Array>,
  metal: Mask,
  softHu: number,
  { projections, waterPerMm, method = 'nmar', iterations = ITERATIONS }: MetalSinogram,
): Promise<Float32Array> {
  const place = (data: Float32Array): Volume<Float32Array> => ({ ...original, data });
  const { geometry, data: measured } = projections;
  const attenuation = (hu: Float32Array) =>
    place(hu.map((value) => Math.max(0, waterPerMm * (1 + value / 1000))));
  const project = async (hu: Float32Array) => (await projectVolume(attenuation(hu), geometry)).data;

  const paths = await projectVolume(place(new Float32Array(metal.data)), geometry);
  const pixel = Math.min(original.spacingMm[0], original.spacingMm[1]);
  const trace = metalTrace(paths, pixel);
  const columns = geometry.detectorSize[0];

  const imageOf = async (data: Float32Array) => {
    const { data: found } = await filteredBackprojection({ geometry, data }, original, {
      window: 'shepp-logan',
    });
    return found.map((value) => 1000 * (value / waterPerMm - 1));
  };

  const drawn = bridged(measured, trace, columns);
  let result: Float32Array = await imageOf(drawn);
  // Of the priors that the images offer, the one whose rays outside the trace are most like what was measured there: near
  // mild artifacts the original shows bone best, near strong ones the drawn image does.
  let best: Expected | undefined;
  const consider = async (image: Float32Array) => {
    const prior = await tissuePrior(place(image), metal.data, softHu);
    const expected = await project(prior.data);
    const misfit = misfitBeside(measured, expected, trace);
    if (best === undefined || misfit < best.misfit) best = { expected, misfit };
  };
  if (method !== 'li') {
    await consider(original.data);
    for (let turn = 0; turn < iterations; turn++) {
      await consider(result);
      result = await imageOf(normalised(measured, (best as unknown as Expected).expected, trace, columns));
    }
  }
  if (method === 'fsnmar') result = await withDetail(place(original.data), place(result), metal);
  for (let n = 0; n < result.length; n++) if (metal.data[n] !== 0) result[n] = original.data[n]!;
  return result;
}

interface Expected {
  /** Line integrals of a prior. */
  readonly expected: Float32Array;
  readonly misfit: number;
}

/** Mean square difference of rays that no metal touched. */
function misfitBeside(measured: Float32Array, expected: Float32Array, trace: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < measured.length; n++) {
    if (trace[n] !== 0) continue;
    sum += (measured[n]! - expected[n]!) ** 2;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** The most frequent value of soft tissue, HU: what the prior calls soft. */
function softTissue(data: Float32Array): number {
  const [low, high] = [-200, 200];
  const counts = new Uint32Array(high - low);
  for (const value of data) if (value >= low && value < high) counts[Math.floor(value - low)]!++;
  let [best, most] = [0, -1];
  const half = 10;
  for (let bin = half; bin < counts.length - half; bin++) {
    let sum = 0;
    for (let k = -half; k <= half; k++) sum += counts[bin + k]!;
    if (sum > most) [best, most] = [bin, sum];
  }
  return low + best + 0.5;
}

/** measured / prior bridged across the trace, times the prior; what lies outside the trace stays. */
function normalised(
  measured: Float32Array,
  prior: Float32Array,
  trace: Uint8Array,
  columns: number,
): Float32Array {
  let most = 0;
  for (const value of prior) if (value > most) most = value;
  const least = LEAST_PRIOR * most;
  const ratio = measured.map((value, n) => (prior[n]! > least ? value / prior[n]! : 1));
  const drawn = bridged(ratio, trace, columns);
  return measured.map((value, n) =>
    trace[n] === 0 ? value : prior[n]! > least ? drawn[n]! * prior[n]! : prior[n]!,
  );
}

/** The result's coarse part everywhere; of the fine parts the original's near metal and the result's elsewhere. */
async function withDetail(
  original: Volume<Float32Array>,
  result: Volume<Float32Array>,
  metal: Mask,
): Promise<Float32Array> {
  const sigmaMm = [DETAIL_SIGMA_MM, DETAIL_SIGMA_MM, 0] as const;
  const [coarseOriginal, coarse] = [
    await gaussian(original, { sigmaMm }),
    await gaussian(result, { sigmaMm }),
  ];
  const near = await gaussian(
    { ...result, data: new Float32Array(metal.data) },
    { sigmaMm: [DETAIL_MM / 2, DETAIL_MM / 2, 0] },
  );
  let most = 0;
  for (const value of near.data) if (value > most) most = value;
  return result.data.map((value, n) => {
    const weight = most > 0 ? Math.min(1, (2 * near.data[n]!) / most) : 0;
    const fine = original.data[n]! - coarseOriginal.data[n]!;
    return coarse.data[n]! + weight * fine + (1 - weight) * (value - coarse.data[n]!);
  });
}
