import {
  type Box,
  boundingBox,
  closing,
  components,
  crop,
  dilate,
  fillHoles,
  growBox,
  labelMask,
  type Mask,
  maskWithin,
  opening,
  pad,
  type Vec3,
} from '@photopeak/imaging';
import type { Trunk } from './trunk.ts';

/** A connected part of a mask: its size and its middle in LPS mm. */
export interface Part {
  readonly label: number;
  readonly ml: number;
  readonly centre: Vec3;
  /** Sum of the prior over the voxels, in ml. */
  readonly support: number;
}

/** A function of place from 0 to 1: 1 where the organ usually lies. */
export type Prior = (x: number, y: number, z: number) => number;

/** A soft ellipsoid: 1 in the middle, 0.5 at its surface, without edges that the truth could lie beyond. */
export function softEllipsoid(centre: Vec3, radii: Vec3): Prior {
  return (x, y, z) => {
    const d2 =
      ((x - centre[0]) / radii[0]) ** 2 +
      ((y - centre[1]) / radii[1]) ** 2 +
      ((z - centre[2]) / radii[2]) ** 2;
    return 1 / (1 + d2 * d2);
  };
}

/** The part of the working grid around a mask; morphology on it costs what the organ costs, not the body. */
export function around(mask: Mask, marginMm: number): Box | undefined {
  const box = boundingBox(mask);
  if (box === undefined) return undefined;
  const margin = mask.spacingMm.map((mm) => Math.ceil(marginMm / mm) + 1) as unknown as Vec3;
  return growBox(box, margin, mask);
}

/** A mask on a box back on the whole grid. */
export function whole(part: Mask, box: Box, grid: Mask): Mask {
  return pad(part, { start: box.start.map((from) => -from) as unknown as Vec3, size: grid.size }, 0);
}

/**
 * The parts of a mask that a ball of `coreMm` fits into, each grown back to its own edge: what hangs together only by
 * thin bridges comes apart.
 */
export async function thickParts(
  mask: Mask,
  coreMm: number,
  prior: Prior,
): Promise<{ readonly labels: Mask | undefined; readonly parts: Part[]; pick(label: number): Mask }> {
  const box = around(mask, 2 * coreMm);
  if (box === undefined) return { labels: undefined, parts: [], pick: () => mask };
  const opened = await opening(crop(mask, box), { radiusMm: coreMm });
  const found = await components(opened, { connectivity: 6 });
  const sums = found.sizes.map(() => ({ x: 0, y: 0, z: 0, support: 0 }));
  const [nx, ny, nz] = opened.size;
  const mm = opened.spacingMm[0];
  const voxelMl = mm ** 3 / 1000;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const label = found.labels.data[n]!;
        if (label === 0) continue;
        const sum = sums[label - 1]!;
        const [x, y, z] = [opened.origin[0] + i * mm, opened.origin[1] + j * mm, opened.origin[2] + k * mm];
        sum.x += x;
        sum.y += y;
        sum.z += z;
        sum.support += prior(x, y, z);
      }
  const parts = sums.map(({ x, y, z, support }, index) => {
    const size = found.sizes[index]!;
    return {
      label: index + 1,
      ml: size * voxelMl,
      centre: [x / size, y / size, z / size] as const,
      support: support * voxelMl,
    };
  });
  return {
    labels: opened,
    parts,
    pick: (label) => whole(labelMask(found.labels, label), box, mask),
  };
}

/** `core` grown by at most `reachMm` within `allowed`, small gaps closed and holes filled. */
export async function grownBack(core: Mask, allowed: Mask, reachMm: number, closeMm: number): Promise<Mask> {
  const box = around(core, reachMm + closeMm);
  if (box === undefined) return core;
  const inside = crop(allowed, box);
  const near = await dilate(crop(core, box), { radiusMm: reachMm });
  const grown = maskWithin(near, (n) => inside.data[n] !== 0);
  const closed = closeMm > 0 ? await closing(grown, { radiusMm: closeMm }) : grown;
  const filled = await fillHoles(closed, { perSlice: 2 });
  return whole(filled, box, core);
}

/** Partial volume hides the outermost layer of an organ from a window around its own HU; fat lies at −100. */
const EDGE_MM = 3.2;
/** On coarser voxels that layer is one voxel; less than one would be none. */
const EDGE_VOXELS = 1.07;
const FAT_HU = -100;
const BRIGHTER_HU = 25;

/** An organ with its outermost layer: voxels beside it that are more organ than fat or lung and not clearly brighter. */
export async function toTheEdge(
  trunk: Trunk,
  find: { readonly mask: Mask; readonly hu: number; readonly brighterHu?: number },
  taken: Uint8Array,
): Promise<Mask> {
  const { labels, smooth } = trunk;
  const { mask, hu } = find;
  const edgeMm = Math.max(EDGE_MM, EDGE_VOXELS * mask.spacingMm[0]);
  const box = around(mask, edgeMm);
  if (box === undefined) return mask;
  const near = whole(await dilate(crop(mask, box), { radiusMm: edgeMm }), box, mask);
  const half = (Math.max(0, hu) + FAT_HU) / 2;
  const brighter = hu + (find.brighterHu ?? BRIGHTER_HU);
  // The dilated mask holds the mask.
  return maskWithin(
    near,
    (n) =>
      mask.data[n] !== 0 ||
      (taken[n] === 0 && labels.data[n] === 1 && smooth[n]! > half && smooth[n]! < brighter),
  );
}

/** The most frequent value, on bins of `binHu` smoothed over three; undefined for fewer than 50 values. */
export function modeOf(values: readonly number[], low: number, high: number, binHu = 2): number | undefined {
  const bins = new Float64Array(Math.ceil((high - low) / binHu));
  let count = 0;
  for (const value of values) {
    if (value < low || value >= high) continue;
    bins[Math.floor((value - low) / binHu)]!++;
    count++;
  }
  if (count < 50) return undefined;
  let best = 0;
  let most = -1;
  for (let n = 0; n < bins.length; n++) {
    let sum = 0;
    for (let m = -2; m <= 2; m++) sum += (bins[n + m] ?? 0) * (3 - Math.abs(m));
    if (sum > most) {
      most = sum;
      best = n;
    }
  }
  return low + (best + 0.5) * binHu;
}
