import { emptyVolume, gaussian, type Mask, type Volume, watershed } from '@photopeak/imaging';
import { cutOut, intoBox } from './boxes.ts';
import type { Candidate } from './candidates.ts';

/** One hill of uptake: the voxels from which the steepest way up leads to the same summit. */
export interface Basin {
  /** Linear indices in the PET. */
  readonly voxels: Uint32Array;
  readonly peakIndex: number;
  /** Height of the summit after slight smoothing. */
  readonly summit: number;
}

export interface BasinSplit {
  readonly basins: readonly Basin[];
  /** `saddles[a][b]`: the highest pass between two basins, 0 where they do not touch. */
  readonly saddles: readonly Float64Array[];
}

/** Noise on the scale of a voxel makes no hills. */
const SMOOTH_MM = 2.5;
/** A hill stands out when the pass to a higher one is lower than this share of its summit. */
const PASS_SHARE = 0.85;
const MARGIN_VOXELS = 2;

/** Voxels of the box not exceeded by any of their 26 neighbours; of equal neighbours the first counts. */
function summits(box: Volume<Float32Array>, mask: Uint8Array): number[] {
  const [nx, ny, nz] = box.size;
  const found: number[] = [];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (mask[n] === 0) continue;
        const value = box.data[n]!;
        let top = true;
        for (let c = Math.max(0, k - 1); top && c <= Math.min(nz - 1, k + 1); c++)
          for (let b = Math.max(0, j - 1); top && b <= Math.min(ny - 1, j + 1); b++)
            for (let a = Math.max(0, i - 1); top && a <= Math.min(nx - 1, i + 1); a++) {
              const m = a + nx * (b + ny * c);
              if (m === n || mask[m] === 0) continue;
              top = m < n ? box.data[m]! < value : box.data[m]! <= value;
            }
        if (top) found.push(n);
      }
  return found;
}

interface Summit {
  readonly height: number;
  /** Voxels of its hill. */
  readonly size: number;
}

/** Hills of a landscape, numbered from 0 within the mask. */
export interface Hills {
  /** The hill of each voxel, -1 outside the mask and where no way over faces leads to a hill. */
  readonly labels: Int32Array;
  readonly summits: readonly Summit[];
  /** `saddles[a][b]`: the highest pass between two hills, 0 where they do not touch. */
  readonly saddles: readonly Float64Array[];
}

/**
 * Hills by watershed. Those whose pass to a higher one is at least `passShare` of their summit, as noise makes them,
 * and those of fewer than `smallest` voxels are joined again.
 */
export async function hillsIn(
  landscape: Volume<Float32Array>,
  mask: Mask,
  passShare: number,
  smallest: number,
): Promise<Hills> {
  const tops = summits(landscape, mask.data);
  const markers = emptyVolume(landscape, 'int32', '1');
  tops.forEach((top, n) => {
    markers.data[top] = n + 1;
  });
  const down = { ...landscape, data: landscape.data.map((value) => -value) };
  const { data } = await watershed(down, markers, { mask });
  const count = tops.length;
  const pass = passes(data, landscape, count);
  const sizes = new Float64Array(count);
  for (const label of data) if (label > 0) sizes[label - 1]!++;
  const heights = tops.map((top) => landscape.data[top]!);
  const owner = joinShallow(heights, pass, sizes, { passShare, smallest });
  const roots = [...new Set(owner)].sort((a, b) => a - b);
  const place = new Map(roots.map((root, n) => [root, n]));
  const saddles = roots.map(() => new Float64Array(roots.length));
  for (const [key, height] of pass) {
    const a = place.get(owner[Math.floor(key / count)]!)!;
    const b = place.get(owner[key % count]!)!;
    if (a === b) continue;
    saddles[a]![b] = Math.max(saddles[a]![b]!, height);
    saddles[b]![a] = saddles[a]![b]!;
  }
  return {
    labels: data.map((label) => (label === 0 ? -1 : place.get(owner[label - 1]!)!)),
    summits: roots.map((root) => ({ height: heights[root]!, size: sizes[root]! })),
    saddles,
  };
}

/**
 * Splits a candidate into its hills, so that a lesion that touches an organ is judged on its own. Shallow hills, as
 * noise and uneven tumours make them, and hills of fewer than `smallest` voxels are joined again.
 */
export async function splitBasins(
  volume: Volume,
  candidate: Candidate,
  smallest: number,
): Promise<BasinSplit> {
  const cut = cutOut(volume, candidate.low, candidate.high, MARGIN_VOXELS);
  const { box } = cut;
  const inBox = intoBox(volume, cut);
  const smooth = (await gaussian(box, { sigmaMm: SMOOTH_MM })) as Volume<Float32Array>;
  const mask = emptyVolume(box, 'uint8', '1');
  for (const index of candidate.voxels) mask.data[inBox(index)] = 1;
  const { labels, summits: tops, saddles } = await hillsIn(smooth, mask, PASS_SHARE, smallest);
  const voxels: number[][] = tops.map(() => []);
  const peak = tops.map(() => ({ index: 0, value: Number.NEGATIVE_INFINITY }));
  for (const index of candidate.voxels) {
    // Corner neighbours are not reached over faces; they follow the first hill.
    const n = Math.max(0, labels[inBox(index)]!);
    voxels[n]!.push(index);
    if (volume.data[index]! > peak[n]!.value) peak[n] = { index, value: volume.data[index]! };
  }
  return {
    basins: tops.map(({ height }, n) => ({
      voxels: Uint32Array.from(voxels[n]!),
      peakIndex: peak[n]!.index,
      summit: height,
    })),
    saddles,
  };
}

/** Highest pass between touching hills; the key is `lower · count + higher`. */
function passes(labels: Int32Array, smooth: Volume<Float32Array>, count: number): Map<number, number> {
  const [nx, ny, nz] = smooth.size;
  const pass = new Map<number, number>();
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const here = labels[n]!;
        if (here === 0) continue;
        for (const [step, allowed] of [
          [1, i < nx - 1],
          [nx, j < ny - 1],
          [nx * ny, k < nz - 1],
        ] as const) {
          if (!allowed) continue;
          const there = labels[n + step]!;
          if (there === 0 || there === here) continue;
          const key = (Math.min(here, there) - 1) * count + Math.max(here, there) - 1;
          const height = Math.min(smooth.data[n]!, smooth.data[n + step]!);
          if (height > (pass.get(key) ?? 0)) pass.set(key, height);
        }
      }
  return pass;
}

/** Joins hills over passes nearly as high as the lower summit, highest pass first, and hills too small to stand alone. */
function joinShallow(
  heights: readonly number[],
  pass: ReadonlyMap<number, number>,
  sizes: Float64Array,
  limits: { readonly passShare: number; readonly smallest: number },
): number[] {
  const count = heights.length;
  const owner = heights.map((_, n) => n);
  const root = (n: number): number => {
    let at = n;
    while (owner[at] !== at) at = owner[at]!;
    return at;
  };
  const ordered = [...pass].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  for (const [key, height] of ordered) {
    const a = root(Math.floor(key / count));
    const b = root(key % count);
    if (a === b) continue;
    const [higher, lower] = heights[a]! >= heights[b]! ? [a, b] : [b, a];
    const stands = Math.min(sizes[lower]!, sizes[higher]!) >= limits.smallest;
    if (height < limits.passShare * heights[lower]! && stands) continue;
    owner[lower] = higher;
    sizes[higher]! += sizes[lower]!;
  }
  return owner.map((_, n) => root(n));
}
