import {
  DEFORMATION_BLOCK,
  type Grid,
  gaussian,
  type Mask,
  type Mat4,
  multiply,
  resample,
  toWorld,
  transformPoint,
  type Vec3,
  type Volume,
  voxelCount,
  voxelToWorld,
  worldToVoxel,
} from '@photopeak/imaging';
import { CT_PADDING_HU, reduceBlocks, voxelMap } from '../../sampling/index.ts';
import { type Foreground, foregroundOf } from '../foreground.ts';
import { type DeformablePreset, MOST_VOXELS } from './presets.ts';

/** Air around the body that belongs to the working grid. */
const MARGIN_MM = 24;
const AIR_HU = -1000;
/** Images coarser than the preset are joined less, but the descriptors' reach is in voxels: not beyond this factor. */
const COARSEST = 1.5;
const BODY_SPACING_MM = 6;

export const isCt = (volume: Volume): boolean => volume.unit === "[hnsf'U]";

/** What lies outside of an image. */
export const outsideOf = (volume: Volume): number => (isCt(volume) ? AIR_HU : 0);

function reduced(volume: Volume, spacingMm: number): Volume {
  return isCt(volume)
    ? reduceBlocks(volume, spacingMm, { paddingBelow: CT_PADDING_HU, paddingValue: AIR_HU })
    : reduceBlocks(volume, spacingMm);
}

/** The box of the body along the axes of an image, in its voxels. */
function bodyBox(volume: Volume): { readonly low: Vec3; readonly high: Vec3; readonly body: Foreground } {
  const small = reduced(volume, BODY_SPACING_MM);
  const body = foregroundOf(small);
  const toFull = multiply(worldToVoxel(volume), voxelToWorld(small));
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const [nx, ny, nz] = small.size;
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        if (body.weight.data[at] !== 1) continue;
        const p = transformPoint(toFull, [i, j, k]);
        for (let axis = 0; axis < 3; axis++) {
          low[axis] = Math.min(low[axis]!, p[axis]!);
          high[axis] = Math.max(high[axis]!, p[axis]!);
        }
      }
  return { low, high, body };
}

const meanSpacing = ({ spacingMm }: Grid): number => Math.cbrt(spacingMm[0] * spacingMm[1] * spacingMm[2]);

/** Cubic voxels along the axes of the fixed image, around the body. */
function workingGrid(fixed: Volume, low: Vec3, high: Vec3, wantedMm: number): Grid {
  const from: number[] = [];
  const extentMm: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const mm = fixed.spacingMm[axis]!;
    const first = Math.max(-0.5, low[axis]! - MARGIN_MM / mm);
    const last = Math.min(fixed.size[axis]! - 0.5, high[axis]! + MARGIN_MM / mm);
    from.push(first);
    extentMm.push((last - first) * mm);
  }
  const least = Math.cbrt((extentMm[0]! * extentMm[1]! * extentMm[2]!) / MOST_VOXELS);
  const h = Math.max(wantedMm, least);
  const size = extentMm.map(
    (mm) => DEFORMATION_BLOCK * Math.max(1, Math.ceil((mm / h - 0.05) / DEFORMATION_BLOCK)),
  );
  const first = from.map((voxel, axis) => {
    const beyond = (size[axis]! * h - extentMm[axis]!) / 2;
    return voxel + (h / 2 - beyond) / fixed.spacingMm[axis]!;
  });
  return {
    size: size as unknown as Vec3,
    spacingMm: [h, h, h],
    origin: toWorld(fixed, first as unknown as Vec3),
    direction: fixed.direction,
  };
}

/** Values whose noise is about even: the root of counts. */
function evened(volume: Volume<Float32Array>): void {
  const { data } = volume;
  for (let n = 0; n < data.length; n++) data[n] = Math.sqrt(Math.max(0, data[n]!));
}

async function prepared(volume: Volume, grid: Grid, preset: DeformablePreset, pull?: Mat4) {
  const onGrid = await resample(reduced(volume, grid.spacingMm[0]), {
    grid,
    interpolation: 'linear',
    outside: outsideOf(volume),
    type: 'float32',
    ...(pull === undefined ? {} : { transform: pull }),
  });
  if (isCt(volume)) {
    for (let n = 0; n < onGrid.data.length; n++) onGrid.data[n] = Math.max(AIR_HU, onGrid.data[n]!);
  } else {
    evened(onGrid);
  }
  const sigmaMm = isCt(volume) ? preset.smoothCtMm : preset.smoothOtherMm;
  return sigmaMm > 0 ? gaussian(onGrid, { sigmaMm }) : onGrid;
}

const FULL = 255;

/** 255 where the image has voxels, `edgeMm` from its faces (and the mask is set), else 0. */
function weightOf(volume: Volume, grid: Grid, edgeMm: number, mask?: Mask, pull?: Mat4): Mask {
  const data = new Uint8Array(voxelCount(grid));
  const m = voxelMap(grid, volume, pull);
  const [nx, ny, nz] = grid.size;
  const [sx, sy, sz] = volume.size;
  const [ex, ey, ez] = volume.spacingMm.map((mm) => edgeMm / mm - 0.5) as [number, number, number];
  const toMask = mask === undefined ? undefined : voxelMap(grid, mask, pull);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const [x, y, z] = transformPoint(m, [i, j, k]);
        if (!(x >= ex && y >= ey && z >= ez && x <= sx - 1 - ex && y <= sy - 1 - ey && z <= sz - 1 - ez))
          continue;
        if (mask !== undefined && toMask !== undefined) {
          const [a, b, c] = transformPoint(toMask, [i, j, k]).map(Math.round) as [number, number, number];
          const [ax, ay, az] = mask.size;
          if (a < 0 || b < 0 || c < 0 || a >= ax || b >= ay || c >= az) continue;
          if (mask.data[a + ax * (b + ay * c)] === 0) continue;
        }
        data[at] = FULL;
      }
  return { ...grid, data, unit: '1' };
}

export interface WorkingImages {
  /** Both on one grid of cubic voxels; the moving one under the linear registration. */
  readonly fixed: Volume<Float32Array>;
  readonly moving: Volume<Float32Array>;
  readonly fixedWeight: Mask;
  readonly movingWeight: Mask;
  readonly body: Foreground;
}

export interface Masks {
  /** Voxels of the fixed image that are compared, on any grid; for instance the body without the couch. */
  readonly fixed?: Mask;
  readonly moving?: Mask;
}

export async function workingImages(
  fixed: Volume,
  moving: Volume,
  pull: Mat4,
  preset: DeformablePreset,
  masks: Masks = {},
): Promise<WorkingImages> {
  const { low, high, body } = bodyBox(fixed);
  const finest = Math.min(meanSpacing(fixed), meanSpacing(moving));
  const grid = workingGrid(
    fixed,
    low,
    high,
    Math.min(Math.max(preset.spacingMm, finest), COARSEST * preset.spacingMm),
  );
  const edgeMm = preset.edgeVoxels * grid.spacingMm[0];
  return {
    fixed: await prepared(fixed, grid, preset),
    moving: await prepared(moving, grid, preset, pull),
    fixedWeight: weightOf(fixed, grid, edgeMm, masks.fixed),
    movingWeight: weightOf(moving, grid, edgeMm, masks.moving, pull),
    body,
  };
}
