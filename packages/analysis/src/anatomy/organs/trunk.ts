import { emptyVolume, gaussian, type Mask, type Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS } from '../labels.ts';
import { findLandmarks, type Landmarks } from '../landmarks.ts';
import type { CtAnatomy } from '../segment-ct.ts';
import { trunkCavity } from './cavity.ts';
import { type DiaphragmSurface, findDiaphragm } from './diaphragm-surface.ts';

/** Noise of a low-dose CT on voxels of 3 mm is about 10 HU; after this blur organs 10 HU apart are told apart. */
const SMOOTH_MM = 3;

/** What every organ of the trunk is found by, on the working grid of the anatomy. */
export interface Trunk {
  readonly ct: Volume<Float32Array>;
  /** HU without the noise of single voxels. */
  readonly smooth: Float32Array;
  /** `ANATOMY_LABELS`. */
  readonly labels: Volume<Uint8Array>;
  readonly marks: Landmarks;
  /** Middle of the vertebrae from right to left and their front edge for every slice, gaps filled; LPS mm. */
  readonly spineX: Float64Array;
  readonly spineFront: Float64Array;
  /** Middle of the body. */
  readonly midX: Float64Array;
  /** Inside of ribs, belly wall and pelvis. */
  readonly cavity: Mask;
  /** Undefined where no lung is seen. */
  readonly diaphragm: DiaphragmSurface | undefined;
  readonly voxelMl: number;
  x(i: number): number;
  y(j: number): number;
  z(k: number): number;
}

export async function describeTrunk(anatomy: CtAnatomy): Promise<Trunk> {
  const { ct, labels } = anatomy;
  const marks = findLandmarks({ labels });
  const smooth = (await gaussian(ct, { sigmaMm: SMOOTH_MM })).data as Float32Array;
  const at = (axis: 0 | 1 | 2) => (n: number) => ct.origin[axis] + n * ct.spacingMm[axis];
  return {
    ct,
    smooth,
    labels,
    marks,
    spineX: filled(marks.spineX, labels.spacingMm[2]),
    spineFront: filled(marks.spineFrontY, labels.spacingMm[2], FRONT_QUANTILE),
    midX: filled(marks.midX, labels.spacingMm[2]),
    cavity: trunkCavity(ct, labels, marks),
    diaphragm: findDiaphragm(labels, marks),
    voxelMl: (ct.spacingMm[0] * ct.spacingMm[1] * ct.spacingMm[2]) / 1000,
    x: at(0),
    y: at(1),
    z: at(2),
  };
}

const MEDIAN_MM = 24;
/** The front of porous vertebrae is missed in some slices, and what lies behind it is taken for it. */
const FRONT_QUANTILE = 0.35;

/** Running median, or another quantile, along the body; slices without a value take the nearest. 0 where there is none at all. */
function filled(values: Float64Array, mm: number, quantile = 0.5): Float64Array {
  const reach = Math.round(MEDIAN_MM / mm);
  const smooth = values.map((_, k) => {
    const near = [...values.subarray(Math.max(0, k - reach), k + reach + 1)].filter((v) => !Number.isNaN(v));
    near.sort((a, b) => a - b);
    return near[Math.floor(quantile * near.length)] ?? Number.NaN;
  });
  return smooth
    .map((value, k) => {
      for (let away = 0; away < smooth.length; away++) {
        const found = [smooth[k - away], smooth[k + away]].find((v) => v !== undefined && !Number.isNaN(v));
        if (found !== undefined) return found;
      }
      return value;
    })
    .map((value) => (Number.isNaN(value) ? 0 : value));
}

/** The slice at a height, kept inside the grid. */
export function sliceAt(trunk: Trunk, z: number): number {
  const { labels } = trunk;
  const k = Math.round((z - labels.origin[2]) / labels.spacingMm[2]);
  return Math.min(labels.size[2] - 1, Math.max(0, k));
}

/** Voxels inside the cavity that pass the test; lung, airway and bone never do. */
export function tissueWhere(
  trunk: Trunk,
  test: (hu: number, i: number, j: number, k: number, n: number) => boolean,
  cavity: Mask = trunk.cavity,
): Mask {
  const { labels, smooth } = trunk;
  const mask = emptyVolume(labels, 'uint8', '1');
  const [nx, ny, nz] = labels.size;
  const inside = cavity.data;
  const label = labels.data;
  const passed = mask.data;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (inside[n] === 0 || label[n] !== ANATOMY_LABELS.body) continue;
        if (test(smooth[n]!, i, j, k, n)) passed[n] = 1;
      }
  return mask;
}
