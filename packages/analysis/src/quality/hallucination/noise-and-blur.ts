import type { Vec3 } from '@photopeak/imaging';
import type { Band } from './bands.ts';
import { localScale, type ScaleMap, ScaleRows } from './local-scale.ts';
import { type Explained, kindOf, type Spot } from './spots.ts';

/** What of a band's change needs no other explanation: its noise, and how it grows where there is anatomy. */
export interface BandNoise {
  /** Standard deviation of the change, block by block. */
  readonly map: ScaleMap;
  /** What the change reaches over that noise, by kind, where anatomy stands out of it by a ratio. */
  growth(kind: Spot['kind'], ratio: number): number;
}

/** Blocks within which noise is taken as one, mm. */
const BLOCK_MM = 32;
/**
 * A method that leaves places alone has blocks of almost no change: noise is not below this share of what it is in blocks
 * where most is changed. The band of the original would not tell: in coarse bands it is anatomy nearly everywhere.
 */
const LEAST = { share: 0.5, of: 0.75 } as const;
/** Nor can more noise be taken out than the original has (anatomy only raises that): what is more is structure. */
const MOST_SHARE = 1.3;
/** Anatomy over noise is told apart in half octaves. */
const BINS = 16;
const PER_OCTAVE = 2;
const LOOKED_AT = 400_000;
/** Bins of stronger anatomy that have fewer voxels are told by those that have more. */
const FEWEST_VOXELS = 2000;
/** This part of all voxels of a bin lies within so many standard deviations of a normal one; faults are fewer than the rest. */
const WITHIN = { part: 0.98, sigmas: 2.326 } as const;
const VALUE_BINS = 400;
const VALUES_PER_SIGMA = 25;
/** Growth without anatomy is within these: noise is not the same all over a block. */
export const LEAST_GROWTH = 0.7;
const MOST_EVEN_GROWTH = 1.3;

/**
 * Noise of the change, and how the change of this method grows with anatomy, from the band itself: what most places of
 * like anatomy show is how the method works. Never more than a share of the anatomy that is allowed of any method, and never
 * less noise than `leastShare` of that of the original.
 */
export function bandNoise(
  band: Band,
  mask: Uint8Array,
  { anatomyShare }: Explained,
  leastShare = 0,
): BandNoise {
  const { change, original, anatomy } = band;
  const { size, spacingMm } = change;
  const steps = spacingMm.map((mm, axis) =>
    Math.min(size[axis]!, Math.max(1, Math.round(BLOCK_MM / mm))),
  ) as unknown as Vec3;
  const seen = floored(localScale(change.data, size, mask, steps, 'most'));
  const most = localScale(original.data, size, mask, steps, 'lower').values;
  const map = {
    ...seen,
    values: seen.values.map((value, block) =>
      Math.max(leastShare * most[block]!, Math.min(value, MOST_SHARE * most[block]!)),
    ),
  };
  const [nx, ny, nz] = size;
  const counts = { new: histograms(), lost: histograms() };
  const rows = new ScaleRows(map, size);
  const every = Math.max(1, Math.floor((nx * ny * nz) / LOOKED_AT));
  for (let row = 0, from = 0; row < ny * nz; row++, from = (from + 7) % every) {
    const noise = rows.at(row % ny, Math.floor(row / ny));
    for (let i = from; i < nx; i += every) {
      const at = i + nx * row;
      if (mask[at] === 0 || !(noise[i]! > 0)) continue;
      const value = Math.abs(change.data[at]!) / noise[i]!;
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor(positionOf(anatomy.data[at]! / noise[i]!))));
      const kind = kindOf(original.data[at]!, change.data[at]!);
      counts[kind][bin]![Math.min(VALUE_BINS - 1, Math.floor(value * VALUES_PER_SIGMA))]!++;
    }
  }
  const curves = { new: curveOf(counts.new), lost: curveOf(counts.lost) };
  return {
    map,
    growth(kind, ratio) {
      const at = Math.min(BINS - 1, Math.max(0, positionOf(ratio) - 0.5));
      const low = Math.min(BINS - 2, Math.floor(at));
      const curve = curves[kind];
      const seen = curve[low]! + (at - low) * (curve[low + 1]! - curve[low]!);
      return Math.min(seen, Math.max(MOST_EVEN_GROWTH, Math.hypot(1, anatomyShare[kind] * ratio)));
    },
  };
}

const positionOf = (ratio: number): number => PER_OCTAVE * Math.log2(Math.max(ratio, 1));

const histograms = (): Float64Array[] => Array.from({ length: BINS }, () => new Float64Array(VALUE_BINS));

/** Raises what lies far below most of a map. */
export function floored(map: ScaleMap): ScaleMap {
  const told = map.values.filter((_, block) => map.counts[block]! > 0).sort();
  const least = LEAST.share * (told[Math.floor(LEAST.of * (told.length - 1))] ?? 0);
  return { ...map, values: map.values.map((value) => Math.max(value, least)) };
}

/** For each bin of anatomy the value that nearly all stay within, in standard deviations. */
function curveOf(bins: readonly Float64Array[]): Float64Array {
  const curve = new Float64Array(BINS).fill(1);
  const gathered = new Float64Array(VALUE_BINS);
  let total = 0;
  let pending: number[] = [];
  let last = 1;
  for (let bin = 0; bin < BINS; bin++) {
    bins[bin]!.forEach((count, at) => {
      gathered[at]! += count;
      total += count;
    });
    pending.push(bin);
    if (total < FEWEST_VOXELS) continue;
    let at = 0;
    for (let left = WITHIN.part * total - gathered[0]!; left > 0 && at < VALUE_BINS - 1; )
      left -= gathered[++at]!;
    last = Math.max(LEAST_GROWTH, (at + 1) / VALUES_PER_SIGMA / WITHIN.sigmas);
    for (const one of pending) curve[one] = last;
    pending = [];
    gathered.fill(0);
    total = 0;
  }
  for (const bin of pending) curve[bin] = last;
  return curve;
}
