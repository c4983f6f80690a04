import {
  components,
  distanceTransform,
  emptyVolume,
  type Grid,
  labelMask,
  type Mask,
  maskWhere,
  maskWithin,
  resample,
  toVoxel,
  toWorld,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { median } from '../numbers/index.ts';
import { furthestPair } from './diameter.ts';

/** A lesion in the axial plane of the CT in which it is longest. */
export interface CtExtent {
  readonly status: 'measured';
  /** Longest diameter, and the largest width across it in the same plane. */
  readonly longestMm: number;
  readonly shortAxisMm: number;
  /** Ends of the longest diameter, LPS mm in the frame of the CT. */
  readonly ends: readonly [Vec3, Vec3];
  /** Distance of the slices that it was read from. */
  readonly sliceSpacingMm: number;
  /** HU at which its border was taken: half-way from its middle to what surrounds it. */
  readonly borderHu: number;
}

export type CtExtentOutcome = CtExtent | { readonly status: 'not-measured'; readonly reason: string };

const IN_PLANE_MM = 1;
const MARGIN_MM = 14;
/** The lesion on CT may reach this far beyond its uptake; further on it has run into something else. */
const REACH_MM = 8;
/** Its own density is that around its hottest voxel. */
const CORE_MM = 4;
/** What surrounds it is air of the lung or fat where at least this share of the shell around the uptake is. */
const SURROUNDED_SHARE = 0.35;
const LUNG_HU = { from: -1000, to: -500 } as const;
const FAT_HU = { from: -160, to: -40 } as const;
/** The lesion stands out from what surrounds it by at least this. */
const LEAST_CONTRAST_HU = 90;
/** Vessels and strands thinner than twice this, or than this share of the lesion, are cut off. */
const STRAND_MM = 2;
const STRAND_SHARE = 0.4;
/** A border that is missing over more than this share of the surface is none. */
const MOST_OPEN = 0.2;
const NOT_AXIAL = 0.98;

const refused = (reason: string): CtExtentOutcome => ({ status: 'not-measured', reason });

/**
 * Longest diameter and short axis of a lesion in the axial plane, as RECIST 1.1 measures them: the tissue around its
 * uptake that is denser than the air of the lung or the fat around it, without thin strands. `points` are the centres of
 * the voxels of its uptake, `peak` the hottest, in the frame of the CT (HU). Where CT shows no border, as in the liver,
 * in bone or against muscle, nothing is measured, and the reason says so.
 */
export async function measureCtExtent(
  ct: Volume,
  points: readonly Vec3[],
  peak: Vec3,
): Promise<CtExtentOutcome> {
  if (Math.abs(ct.direction[8]) < NOT_AXIAL) return refused('the CT is not axial');
  const grid = axialGrid(ct, points);
  if (grid === undefined) return refused('its place lies outside the CT');
  const hu = await resample(ct, { grid, interpolation: 'linear', outside: -1024, type: 'float32' });
  const uptake = emptyVolume(grid, 'uint8', '1');
  for (const point of points) {
    const index = indexOf(grid, point);
    if (index !== undefined) uptake.data[index] = 1;
  }
  const away = (await distanceTransform(uptake)).data;
  const outside = surroundings(hu, away);
  if (outside === undefined) return refused('CT shows no border of it: neither lung nor fat surrounds it');
  const core = coreHu(hu, peak);
  if (core === undefined || core - outside < LEAST_CONTRAST_HU)
    return refused('CT shows no denser tissue where uptake is highest');
  const borderHu = (core + outside) / 2;
  const dense = maskWhere(hu, (value) => value >= borderHu);
  const lesion = await partAt(
    maskWithin(dense, (n) => away[n]! <= REACH_MM),
    uptake,
  );
  if (lesion === undefined) return refused('CT shows no denser tissue where uptake is highest');
  if (openShare(lesion, dense) > MOST_OPEN)
    return refused('on CT it runs into tissue of its own density; its border is for a reader to draw');
  return { status: 'measured', ...longest(lesion), sliceSpacingMm: ct.spacingMm[2], borderHu };
}

/** Fine in the plane, the CT's own slices, along the patient's axes, around the points. */
function axialGrid(ct: Volume, points: readonly Vec3[]): Grid | undefined {
  const low = [0, 1, 2].map(
    (a) => points.reduce((least, point) => Math.min(least, point[a]!), Infinity) - MARGIN_MM,
  );
  const high = [0, 1, 2].map(
    (a) => points.reduce((most, point) => Math.max(most, point[a]!), -Infinity) + MARGIN_MM,
  );
  const slices = [low, high].map((corner) => toVoxel(ct, corner as unknown as Vec3)[2]!);
  const first = Math.max(0, Math.ceil(Math.min(...slices)));
  const last = Math.min(ct.size[2] - 1, Math.floor(Math.max(...slices)));
  if (!(last >= first)) return undefined;
  const atZ = (k: number) => toWorld(ct, [(ct.size[0] - 1) / 2, (ct.size[1] - 1) / 2, k])[2]!;
  return {
    size: [
      Math.ceil((high[0]! - low[0]!) / IN_PLANE_MM),
      Math.ceil((high[1]! - low[1]!) / IN_PLANE_MM),
      last - first + 1,
    ],
    spacingMm: [IN_PLANE_MM, IN_PLANE_MM, ct.spacingMm[2]],
    origin: [low[0]!, low[1]!, Math.min(atZ(first), atZ(last))],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

function indexOf(grid: Grid, point: Vec3): number | undefined {
  const [x, y, z] = toVoxel(grid, point).map(Math.round) as unknown as Vec3;
  const [nx, ny, nz] = grid.size;
  return x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? undefined : x + nx * (y + ny * z);
}

/** HU of the lung or the fat around the uptake; undefined where neither surrounds it. */
function surroundings(hu: Volume<Float32Array>, away: Float32Array): number | undefined {
  const shell: number[] = [];
  for (let n = 0; n < away.length; n++)
    if (away[n]! > STRAND_MM && away[n]! <= REACH_MM) shell.push(hu.data[n]!);
  for (const { from, to } of [LUNG_HU, FAT_HU]) {
    const inside = shell.filter((value) => value >= from && value <= to);
    if (inside.length >= SURROUNDED_SHARE * shell.length && inside.length > 0) return median(inside);
  }
  return undefined;
}

function coreHu(hu: Volume<Float32Array>, peak: Vec3): number | undefined {
  const values: number[] = [];
  const [nx, ny] = hu.size;
  for (let n = 0; n < hu.data.length; n++) {
    const at = toWorld(hu, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]);
    if (Math.hypot(at[0] - peak[0], at[1] - peak[1], at[2] - peak[2]) <= CORE_MM) values.push(hu.data[n]!);
  }
  return values.length === 0 ? undefined : median(values);
}

/** The part that holds most of the uptake, without what hangs on it by something thinner than it is itself. */
async function partAt(mask: Mask, uptake: Mask): Promise<Mask | undefined> {
  const depth = (await distanceTransform(maskWhere(mask, (inside) => inside === 0))).data;
  const near = (await distanceTransform(uptake)).data;
  let deepest = 0;
  for (let n = 0; n < depth.length; n++) if (near[n]! <= CORE_MM) deepest = Math.max(deepest, depth[n]!);
  const radiusMm = Math.max(STRAND_MM, STRAND_SHARE * deepest);
  const thick = maskWithin(mask, (n) => depth[n]! > radiusMm);
  const { labels, sizes } = await components(thick, { connectivity: 6 });
  if (sizes.length === 0) return undefined;
  const held = sizes.map(() => 0);
  for (let n = 0; n < labels.data.length; n++)
    if (labels.data[n] !== 0 && near[n]! <= CORE_MM) held[labels.data[n]! - 1]!++;
  const best = held.indexOf(Math.max(...held));
  if (held[best] === 0) return undefined;
  const toPart = (await distanceTransform(labelMask(labels, best + 1))).data;
  return maskWithin(mask, (n) => toPart[n]! <= radiusMm);
}

/** Share of the surface in the plane at which tissue of the same density goes on. */
function openShare(lesion: Mask, dense: Mask): number {
  const [nx, ny, nz] = lesion.size;
  let [open, all] = [0, 0];
  for (let n = 0; n < lesion.data.length; n++) {
    if (lesion.data[n] === 0) continue;
    const i = n % nx;
    const j = Math.floor(n / nx) % ny;
    const k = Math.floor(n / (nx * ny));
    for (const [step, isInside] of [
      [-1, i > 0],
      [1, i < nx - 1],
      [-nx, j > 0],
      [nx, j < ny - 1],
      [-nx * ny, k > 0],
      [nx * ny, k < nz - 1],
    ] as const) {
      if (isInside && lesion.data[n + step] !== 0) continue;
      all++;
      if (!isInside || dense.data[n + step] !== 0) open++;
    }
  }
  return open / all;
}

function longest(lesion: Mask): Pick<CtExtent, 'longestMm' | 'shortAxisMm' | 'ends'> {
  const [nx, ny, nz] = lesion.size;
  let best: Pick<CtExtent, 'longestMm' | 'shortAxisMm' | 'ends'> | undefined;
  for (let k = 0; k < nz; k++) {
    const points: Vec3[] = [];
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++)
        if (lesion.data[i + nx * (j + ny * k)] !== 0) points.push(toWorld(lesion, [i, j, k]));
    const pair = furthestPair(points);
    if (pair === undefined || (best !== undefined && pair.mm + IN_PLANE_MM <= best.longestMm)) continue;
    const along = [pair.to[0] - pair.from[0], pair.to[1] - pair.from[1]];
    const length = Math.hypot(along[0]!, along[1]!) || 1;
    let [low, high] = [Infinity, -Infinity];
    for (const [x, y] of points) {
      const across = (-along[1]! * x + along[0]! * y) / length;
      low = Math.min(low, across);
      high = Math.max(high, across);
    }
    best = {
      // Between centres of voxels half of one is missing at either end.
      longestMm: pair.mm + IN_PLANE_MM,
      shortAxisMm: high - low + IN_PLANE_MM,
      ends: [pair.from, pair.to],
    };
  }
  return best!;
}
