import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { median } from '../../numbers/index.ts';
import { detrend, type FlatPatch, flatPatches, globalNoise, noiseMap, patchAt } from '../../quality/index.ts';
import { betweenCells, mapOfSlab, slabOf } from '../slab.ts';

/** Means in this range are soft tissue, whose noise is measured, HU. */
export const TISSUE_HU = [-200, 200] as const;
/** The map may not leave this range about the global noise: beyond it is anatomy. */
const LEAST = 0.5;
const MOST = 1.8;
const PATCH_PX = 16;
const FEWEST_PATCHES = 8;
/** Of the ratios of all patches, from below: anatomy raises the rest. */
const PART = 0.3;
/** The same of spreads over the map: even of pure noise they scatter by some per cent about 1. */
const FLAT_PART = 0.45;

export interface CtNoise {
  /** HU, on a coarse grid that begins at the corner of the CT. */
  readonly map: Volume<Float32Array>;
  /** The most frequent noise of soft tissue, HU; where there is too little of it the median of the map. */
  readonly noiseHu: number;
}

/** Noise of a CT by place, held to the global noise level. Throws `ENHANCEMENT_NO_TISSUE`. */
export function ctNoise(ct: Volume): CtNoise {
  const map = noiseMap(ct, { range: TISSUE_HU });
  const middle = median(map.data);
  const noiseHu = globalNoise(ct)?.noiseHu ?? middle;
  if (middle > 0 && noiseHu > 0) {
    const held = map.data.map((sigma) => Math.min(MOST * noiseHu, Math.max(LEAST * noiseHu, sigma)));
    // Fine anatomy raises every window of a cube: flat patches tell by how much.
    const spreads = noisePlaces(ct, { ...map, data: held })
      .map((place) => place.spread)
      .sort((a, b) => a - b);
    const raised = spreads.length < FEWEST_PATCHES ? 1 : spreads[Math.floor(FLAT_PART * spreads.length)]!;
    return { map: { ...map, data: held.map((sigma) => sigma * Math.min(1, raised)) }, noiseHu };
  }
  throw new PhotopeakError('the noise of this CT cannot be measured, so that it stays as it is', {
    code: 'ENHANCEMENT_NO_TISSUE',
    expected: `regions of soft tissue with noise (${TISSUE_HU.join(' to ')} HU)`,
    found: 'none',
    remedy: 'check that the series is in Hounsfield units and shows a body',
  });
}

/** Places that show nothing but noise, to compare it in images made from one another. */
export function noisePlaces(ct: Volume, map: Volume): FlatPatch[] {
  return flatPatches(ct, { size: PATCH_PX, range: TISSUE_HU, map });
}

/** Noise of an image over that of the one it was made from, at such places; undefined where there are too few. */
export function noiseRatio(image: Volume, places: readonly FlatPatch[]): number | undefined {
  if (places.length < FEWEST_PATCHES) return undefined;
  const ratios = places
    .map(
      ({ patch, at: [i, j, k] }) =>
        spread(detrend(patchAt(image, i, j, k, PATCH_PX)).values) / spread(detrend(patch).values),
    )
    .sort((a, b) => a - b);
  return ratios[Math.floor(PART * ratios.length)]!;
}

const spread = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** The map at every voxel of the slices [from, to) of the CT it was made from: linear, and constant beyond its ends. */
export function noiseOnGrid(map: Volume, ct: Volume, from = 0, to = ct.size[2]): Volume<Float32Array> {
  const slab = slabOf(ct, from, to);
  const planes = mapOfSlab(map, ct, from, to);
  const [nx, ny] = ct.size;
  const columns = betweenCells(nx, ct.spacingMm[0], planes.size[0], planes.spacingMm[0]);
  const rows = betweenCells(ny, ct.spacingMm[1], planes.size[1], planes.spacingMm[1]);
  const result = { ...slab, data: new Float32Array(nx * ny * (to - from)) };
  const [mx, my] = planes.size;
  let at = 0;
  for (let k = 0; k < to - from; k++) {
    const value = (column: number, row: number) => planes.data[column + mx * (row + my * k)]!;
    for (const [j0, j1, v] of rows)
      for (const [i0, i1, u] of columns)
        result.data[at++] =
          (1 - v) * ((1 - u) * value(i0, j0) + u * value(i1, j0)) +
          v * ((1 - u) * value(i0, j1) + u * value(i1, j1));
  }
  return result;
}
