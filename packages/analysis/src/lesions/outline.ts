import { emptyVolume, gradientMagnitude, type Vec3, type Volume, watershed } from '@photopeak/imaging';
import { median } from '../numbers/index.ts';
import type { OutlineRule } from '../tracers/index.ts';
import { boundsOf, cutOut, intoBox } from './boxes.ts';

interface Found {
  readonly voxels: Uint32Array;
  readonly max: number;
}

export type Outlined<T> = T & {
  /** Its voxels lie at or above this value. */
  readonly level: number;
};

/** An outline that grows beyond this many times its candidate has run into its surroundings. */
const LARGEST_GROWTH = 8;
/** An outline by background or gradient stays this close to its candidate. */
const REACH_MM = 8;
/** The background lies beyond what the scanner blurs out of the finding, and no further than this. */
const BACKGROUND_MM = { from: 5, to: 13 } as const;
/** Voxels from this share of the maximum make the core, after Schaefer (Eur J Nucl Med Mol Imaging 2008). */
const CORE_SHARE = 0.7;
/** Voxels from this share of the maximum are inside whatever the gradient says. */
const CERTAIN_SHARE = 0.8;
/** The scanner has smoothed enough: each further blur draws the steepest place of a small sphere inwards. */
const GRADIENT_SIGMA_MM = 0;

/**
 * Each finding outlined by itself, the hottest first, so that what two could claim goes to the same one every time.
 * What `isOutlined` leaves out keeps the voxels that the threshold found. Voxels of other findings are not taken. An outline that would run into its surroundings is left at the voxels that
 * the threshold found.
 */
export async function outlineFindings<T extends Found>(
  volume: Volume,
  found: readonly T[],
  rule: OutlineRule,
  thresholdSuv: number,
  isOutlined: (finding: T) => boolean = () => true,
): Promise<Outlined<T>[]> {
  if (rule.kind === 'threshold') return found.map((finding) => ({ ...finding, level: thresholdSuv }));
  const owner = new Map<number, number>();
  found.forEach((finding, n) => {
    for (const index of finding.voxels) owner.set(index, n);
  });
  const order = found.map((_, n) => n).sort((a, b) => found[b]!.max - found[a]!.max || a - b);
  const outlined: Outlined<T>[] = found.map((finding) => ({ ...finding, level: thresholdSuv }));
  for (const n of order) {
    const finding = found[n]!;
    if (!isOutlined(finding)) continue;
    const isFree = (index: number) => (owner.get(index) ?? n) === n;
    const result =
      rule.kind === 'gradient'
        ? await steepest(volume, finding, isFree)
        : aboveLevel(volume, finding, isFree, rule);
    if (result === undefined) continue;
    for (const index of finding.voxels) owner.delete(index);
    for (const index of result.voxels) owner.set(index, n);
    outlined[n] = { ...finding, ...result };
  }
  return outlined;
}

interface Result {
  readonly voxels: Uint32Array;
  readonly level: number;
}

function aboveLevel(
  volume: Volume,
  finding: Found,
  isFree: (index: number) => boolean,
  rule: Extract<OutlineRule, { readonly share: number }>,
): Result | undefined {
  if (rule.kind === 'relative') {
    const level = rule.share * finding.max;
    return grown(volume, finding, level, (index) => isFree(index));
  }
  const background = backgroundOf(volume, finding, isFree);
  if (background === undefined) return undefined;
  const core = coreOf(volume, finding);
  const level = background + rule.share * (core - background);
  const near = neighbourhood(volume, finding, REACH_MM);
  return grown(volume, finding, level, (index) => isFree(index) && near.has(index));
}

/** The connected voxels around the hottest at or above the level; undefined where they run away. */
function grown(
  volume: Volume,
  finding: Found,
  level: number,
  allowed: (index: number) => boolean,
): Result | undefined {
  const start = finding.voxels.find((index) => volume.data[index] === finding.max)!;
  const seen = new Set([start]);
  const queue = [start];
  const limit = LARGEST_GROWTH * finding.voxels.length;
  for (let at = 0; at < queue.length && queue.length <= limit; at++)
    forNeighbours(volume, queue[at]!, (next) => {
      if (seen.has(next) || volume.data[next]! < level || !allowed(next)) return;
      seen.add(next);
      queue.push(next);
    });
  if (queue.length > limit) return undefined;
  return { voxels: Uint32Array.from(queue).sort(), level };
}

/** Mean of the hottest voxels. */
function coreOf(volume: Volume, { voxels, max }: Found): number {
  let sum = 0;
  let count = 0;
  for (const index of voxels) {
    const value = volume.data[index]!;
    if (value < CORE_SHARE * max) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/** Median of what lies around a finding and belongs to no other; undefined where nothing does. */
function backgroundOf(
  volume: Volume,
  finding: Found,
  isFree: (index: number) => boolean,
): number | undefined {
  const inner = neighbourhood(volume, finding, BACKGROUND_MM.from);
  const values: number[] = [];
  for (const index of neighbourhood(volume, finding, BACKGROUND_MM.to))
    if (!inner.has(index) && isFree(index)) values.push(volume.data[index]!);
  return values.length === 0 ? undefined : median(values);
}

/** The finding and every voxel whose centre lies within so many mm of one of its surface, counted along the axes. */
function neighbourhood(volume: Volume, { voxels }: Found, reachMm: number): Set<number> {
  const [nx, ny, nz] = volume.size;
  const reach = volume.spacingMm.map((mm) => Math.max(1, Math.round(reachMm / mm))) as unknown as Vec3;
  const near = new Set(voxels);
  const inside = new Set(voxels);
  for (const index of voxels) {
    // A voxel deep inside adds nothing.
    if ([1, -1, nx, -nx, nx * ny, -nx * ny].every((step) => inside.has(index + step))) continue;
    const i = index % nx;
    const j = Math.floor(index / nx) % ny;
    const k = Math.floor(index / (nx * ny));
    for (let c = Math.max(0, k - reach[2]); c <= Math.min(nz - 1, k + reach[2]); c++)
      for (let b = Math.max(0, j - reach[1]); b <= Math.min(ny - 1, j + reach[1]); b++)
        for (let a = Math.max(0, i - reach[0]); a <= Math.min(nx - 1, i + reach[0]); a++) {
          const [x, y, z] = volume.spacingMm;
          const d2 = ((a - i) * x) ** 2 + ((b - j) * y) ** 2 + ((c - k) * z) ** 2;
          const nearest = Math.max(reachMm, x, y, z);
          if (d2 <= nearest * nearest) near.add(a + nx * (b + ny * c));
        }
  }
  return near;
}

/**
 * At the level of the border that a watershed of the gradient finds between the core and what surely lies outside (after
 * Geets, Eur J Nucl Med Mol Imaging 2007).
 */
async function steepest(
  volume: Volume,
  finding: Found,
  isFree: (index: number) => boolean,
): Promise<Result | undefined> {
  const { low, high } = boundsOf(volume, finding.voxels);
  const margin = Math.ceil(BACKGROUND_MM.to / Math.min(...volume.spacingMm));
  const cut = cutOut(volume, low, high, margin);
  const inBox = intoBox(volume, cut);
  const slope = await gradientMagnitude(cut.box, { sigmaMm: GRADIENT_SIGMA_MM });
  const near = neighbourhood(volume, finding, REACH_MM);
  const markers = emptyVolume(cut.box, 'int32', '1');
  markers.data.fill(2);
  for (const index of near) if (isFree(index)) markers.data[inBox(index)] = 0;
  for (const index of finding.voxels)
    if (volume.data[index]! >= CERTAIN_SHARE * finding.max) markers.data[inBox(index)] = 1;
  const labels = await watershed(slope, markers);
  const isInside = (index: number) => labels.data[inBox(index)] === 1;
  // The level at the border, from both of its sides: finer than the voxels themselves.
  let [sum, count] = [0, 0];
  const [nx, ny] = volume.size;
  for (const index of near) {
    if (!isInside(index)) continue;
    for (const step of [1, -1, nx, -nx, nx * ny, -nx * ny]) {
      const other = index + step;
      if (!near.has(other) || isInside(other) || !isFree(other)) continue;
      sum += volume.data[index]! + volume.data[other]!;
      count += 2;
    }
  }
  if (count === 0) return undefined;
  return grown(volume, finding, sum / count, (index) => isFree(index) && near.has(index));
}

function forNeighbours(volume: Volume, index: number, visit: (next: number) => void): void {
  const [nx, ny, nz] = volume.size;
  const i = index % nx;
  const j = Math.floor(index / nx) % ny;
  const k = Math.floor(index / (nx * ny));
  for (let c = Math.max(0, k - 1); c <= Math.min(nz - 1, k + 1); c++)
    for (let b = Math.max(0, j - 1); b <= Math.min(ny - 1, j + 1); b++)
      for (let a = Math.max(0, i - 1); a <= Math.min(nx - 1, i + 1); a++) visit(a + nx * (b + ny * c));
}
