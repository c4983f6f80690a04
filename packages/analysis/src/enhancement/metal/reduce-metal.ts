import {
  components,
  createVolume,
  gaussian,
  type Mask,
  PhotopeakError,
  type ProjectionGeometry,
  type Projections,
  type Volume,
} from '@photopeak/imaging';
import {
  centeredGrid,
  evenAngles,
  filteredBackprojection,
  parallelBeam,
  projectVolume,
} from '../../reconstruction/index.ts';
import { tissuePrior } from './prior.ts';
import { bridged, metalTrace } from './trace.ts';

export type MetalMethod = 'nmar' | 'fsnmar' | 'li';

export interface MetalOptions {
  /**
   * `li`: values in the trace of metal drawn straight. `nmar`: after division by the projections of a prior (Meyer 2010).
   * `fsnmar`: with the original's fine detail near metal (Meyer 2012).
   */
  readonly method?: MetalMethod;
  /** Times that the prior is made anew from the result. */
  readonly iterations?: number;
  /** From this on a voxel is metal; its neighbours from 0.8 of it. */
  readonly metalHu?: number;
  /** Line integrals per mm that the image was reconstructed from; without them the image itself is projected. */
  readonly projections?: Projections;
  /** Attenuation of water per mm, of the projections; any value serves without them. */
  readonly waterPerMm?: number;
}

export interface MetalReduction {
  /** HU. The very image where there is no metal. */
  readonly volume: Volume<Float32Array>;
  readonly metal: Mask;
  readonly metalVoxels: number;
}

const DEFAULTS = { method: 'nmar', iterations: 3, metalHu: 2500, waterPerMm: 0.0193 } as const;
/** Neighbours of metal belong to it from this share of its threshold on. */
const HYSTERESIS = 0.8;
/** Metal of fewer voxels is noise or calcium. */
const LEAST_VOXELS = 4;
/** Views and columns of the beam that an image is projected into: per pixel of its side. */
const VIEWS_PER_PIXEL = 1.6;
/** Near metal the original's detail is taken over, falling off with this distance. */
const DETAIL_MM = 12;
const DETAIL_SIGMA_MM = 1.5;
/** Below this share of the largest value of the prior a division says nothing. */
const LEAST_PRIOR = 0.02;
/** A ray is in the trace from this share of a pixel of metal on. */
const TRACE_SHARE = 0.3;
/** Slices that are projected together: bounds the memory. */
const SLICES_AT_A_TIME = 8;

/**
 * Takes the streaks of metal out of a CT: what rays through metal measured is replaced by what a prior without streaks
 * would have measured, scaled to the rays beside. Slices of the image are the rows of the beam, each by itself. From images
 * alone only the change is reconstructed and added, so that what no metal touched keeps its sharpness and its kernel; from
 * projections the image is made anew. Throws `METAL_UNIT`, `TOMOGRAPHY_*`.
 */
export async function reduceMetal(image: Volume, options: MetalOptions = {}): Promise<MetalReduction> {
  const { method, iterations, metalHu, waterPerMm, projections } = { ...DEFAULTS, ...options };
  if (image.unit !== "[hnsf'U]") {
    throw new PhotopeakError('metal is told by HU', {
      code: 'METAL_UNIT',
      expected: 'a CT in HU',
      found: image.unit,
    });
  }
  const original = createVolume(image, Float32Array.from(image.data), image.unit);
  const metal = await findMetal(original, metalHu);
  const metalVoxels = metal.data.reduce((sum, value) => sum + value, 0);
  const work = { method, iterations, waterPerMm, softHu: softTissue(original.data) };
  const area = image.size[0] * image.size[1];
  for (const [first, count] of groups(metal, projections === undefined)) {
    const part = <T extends Float32Array | Uint8Array>(volume: Volume<T>): Volume<T> => ({
      ...(projections === undefined
        ? centeredGrid([image.size[0], image.size[1], count], image.spacingMm)
        : image),
      data: volume.data.slice(first * area, (first + count) * area) as T,
      unit: volume.unit,
    });
    const result = await reduceSlices(part(original), part(metal), {
      ...work,
      ...(projections ? { projections } : {}),
    });
    original.data.set(result, first * area);
  }
  return { volume: original, metal, metalVoxels };
}

/** Runs of slices with metal, cut into groups that bound the memory; all slices where they share projections. */
function groups({ data, size }: Mask, apart: boolean): (readonly [number, number])[] {
  const area = size[0] * size[1];
  const has = (k: number) => data.subarray(k * area, (k + 1) * area).some((value) => value !== 0);
  const holding = Array.from({ length: size[2] }, (_, k) => has(k));
  if (!apart) return holding.some((holds) => holds) ? [[0, size[2]]] : [];
  const found: [number, number][] = [];
  for (const [k, holds] of holding.entries()) {
    if (!holds) continue;
    const last = found.at(-1);
    if (last !== undefined && last[0] + last[1] === k && last[1] < SLICES_AT_A_TIME) last[1]++;
    else found.push([k, 1]);
  }
  return found;
}

interface SliceWork {
  readonly method: MetalMethod;
  readonly iterations: number;
  readonly waterPerMm: number;
  readonly softHu: number;
  readonly projections?: Projections;
}

/** HU of the slices without streaks; their grid is that of the gantry. */
async function reduceSlices(
  original: Volume<Float32Array>,
  metal: Mask,
  { method, iterations, waterPerMm, softHu, projections }: SliceWork,
): Promise<Float32Array> {
  const place = (data: Float32Array): Volume<Float32Array> => ({ ...original, data });
  const geometry = projections?.geometry ?? beamFor(original);
  const attenuation = (hu: Float32Array) =>
    place(hu.map((value) => Math.max(0, waterPerMm * (1 + value / 1000))));
  const project = async (hu: Float32Array) => (await projectVolume(attenuation(hu), geometry)).data;

  const paths = await projectVolume(place(Float32Array.from(metal.data)), geometry);
  const pixel = Math.min(original.spacingMm[0], original.spacingMm[1]);
  // The metal of an image is blurred and cut off at its largest value: more of its surroundings is not to be trusted.
  const trace = metalTrace(paths, TRACE_SHARE * pixel, projections === undefined ? 2 : 1);
  const measured = projections?.data ?? (await project(original.data));
  const columns = geometry.detectorSize[0];

  /** The image with its trace replaced: only the change is reconstructed. */
  const change = async (image: Float32Array, shown: Float32Array, replaced: Float32Array) => {
    const wanted = replaced.map((value, n) => (trace[n] === 0 ? 0 : value - shown[n]!));
    const { data } = await filteredBackprojection({ geometry, data: wanted }, original, {
      window: projections === undefined ? 'ram-lak' : 'shepp-logan',
    });
    return image.map((value, n) => value + (1000 * data[n]!) / waterPerMm);
  };

  /** The image of projections: unlike the scanner's own it is not cut off near metal. */
  const whole = async (data: Float32Array) => {
    const { data: found } = await filteredBackprojection({ geometry, data }, original, {
      window: 'shepp-logan',
    });
    return found.map((value) => 1000 * (value / waterPerMm - 1));
  };

  const drawn = bridged(measured, trace, columns);
  let result: Float32Array = await change(original.data, measured, drawn);
  // Of the priors that the images offer, the one whose rays outside the trace are most like what was measured there: near
  // mild artifacts the original shows bone best, near strong ones the drawn image does.
  let best: Expected | undefined;
  const consider = async (image: Float32Array) => {
    const prior = await tissuePrior(place(image), metal.data, softHu);
    const expected = await project(prior.data);
    const misfit = misfitBeside(measured, expected, trace);
    if (best === undefined || misfit < best.misfit) best = { expected, misfit };
  };
  if (method !== 'li') await consider(original.data);
  for (let turn = 0; turn < iterations; turn++) {
    if (method !== 'li') await consider(result);
    const replaced =
      best === undefined ? drawn : normalised(measured, (best as Expected).expected, trace, columns);
    // What was measured is exact: from it the image follows at once. An image shows fine streaks weaker than they
    // are when it is projected, so that a part of them is left, which the next turn finds.
    if (projections !== undefined) result = await whole(replaced);
    else result = await change(result, await project(result), replaced);
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

/** Voxels above the threshold with their neighbours above a part of it; specks are left out. */
async function findMetal(image: Volume<Float32Array>, metalHu: number): Promise<Mask> {
  const sure = image.data.some((value) => value >= metalHu);
  const mask: Mask = { ...image, data: new Uint8Array(image.data.length), unit: '1' };
  if (!sure) return mask;
  for (let n = 0; n < mask.data.length; n++) mask.data[n] = image.data[n]! >= HYSTERESIS * metalHu ? 1 : 0;
  const { labels, sizes } = await components(mask, { connectivity: 26 });
  const holds = new Set<number>();
  for (let n = 0; n < mask.data.length; n++) if (image.data[n]! >= metalHu) holds.add(labels.data[n]!);
  for (let n = 0; n < mask.data.length; n++) {
    const label = labels.data[n]!;
    mask.data[n] = label > 0 && holds.has(label) && sizes[label - 1]! >= LEAST_VOXELS ? 1 : 0;
  }
  return mask;
}

function beamFor({ size, spacingMm }: Volume): ProjectionGeometry {
  const side = Math.max(size[0], size[1]);
  const pixelMm = Math.min(spacingMm[0], spacingMm[1]);
  const columns = Math.ceil(Math.hypot(size[0] * spacingMm[0], size[1] * spacingMm[1]) / pixelMm) + 2;
  return parallelBeam({
    anglesRad: evenAngles(Math.ceil(VIEWS_PER_PIXEL * side), Math.PI),
    detectorSize: [columns, size[2]],
    pixelMm: [pixelMm, spacingMm[2]],
  });
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
    { ...result, data: Float32Array.from(metal.data) },
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
