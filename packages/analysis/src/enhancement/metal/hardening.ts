import type { Projections, Volume } from '@photopeak/imaging';
import { solve } from '../../numbers/index.ts';
import { filteredBackprojection, projectVolume } from '../../reconstruction/index.ts';

/**
 * What a ray lacks whose beam `metal` mm of metal and `water` mm of tissue have hardened, as the first terms of a series;
 * scatter behind metal has the same form. Scaled to like sizes.
 */
const TERMS: readonly ((metal: number, water: number) => number)[] = [
  (metal) => metal * metal,
  (metal, water) => (metal * water) / 10,
  (metal, water) => (metal * metal * water) / 100,
  (metal, water) => (metal * water * water) / 1000,
];
/** Deviations are cut off here: what is further off than tissue is gas, bone or the rim of metal. HU. */
const MOST_HU = 500;
/** Where it is still further off when the streaks are taken away, the prior is wrong. HU. */
const LIKE_TISSUE_HU = 400;
/** Part of their own power that terms are held back by, where the slice does not tell them apart. */
const RIDGE = 1e-3;

export interface HardeningImages {
  readonly slices: Volume<Float32Array>;
  /** Streaks of the terms, by whose sum with four factors a slice deviates. */
  readonly terms: readonly Float32Array[];
}

/** Streaks that each term of the series makes in slices. `prior`: HU without streaks; `paths`: of rays through metal, mm. */
export async function hardeningTerms(
  slices: Volume<Float32Array>,
  prior: Volume<Float32Array>,
  { geometry, data: paths }: Projections,
): Promise<HardeningImages> {
  const density = prior.data.map((value) => Math.max(0, 1 + value / 1000));
  const { data: water } = await projectVolume({ ...prior, data: density }, geometry);
  const terms: Float32Array[] = [];
  for (const term of TERMS) {
    const data = paths.map((metal, n) => (metal > 0 ? term(metal, water[n]!) : 0));
    terms.push((await filteredBackprojection({ geometry, data }, slices)).data);
  }
  return { slices, terms };
}

/**
 * The streaks of hardened rays, HU: of each slice the sum of terms that comes nearest to what it deviates from the prior where
 * the prior has `tissue` (empirical beam hardening correction; Kyriakou et al., Med Phys 37, 2010). Four numbers a
 * slice cannot imitate anatomy. `found`: streaks of an earlier fit; places that these do not bring near to tissue count no more.
 */
export function hardeningStreaks(
  { slices, terms }: HardeningImages,
  prior: Float32Array,
  tissue: Uint8Array,
  metal: Volume,
  found?: Float32Array,
): Float32Array {
  const streaks = new Float32Array(slices.data.length);
  const area = slices.size[0] * slices.size[1];
  for (let from = 0; from < streaks.length; from += area) {
    const a = terms.map(() => terms.map(() => 0));
    const b = terms.map(() => 0);
    for (let n = from; n < from + area; n++) {
      if (tissue[n] === 0) continue;
      const deviation = slices.data[n]! - prior[n]!;
      if (found !== undefined && Math.abs(deviation - found[n]!) > LIKE_TISSUE_HU) continue;
      const target = Math.max(-MOST_HU, Math.min(MOST_HU, deviation));
      for (let i = 0; i < terms.length; i++) {
        const value = terms[i]![n]!;
        b[i]! += value * target;
        for (let j = 0; j <= i; j++) a[i]![j]! += value * terms[j]![n]!;
      }
    }
    // Each term in units of its own power: the ridge holds for all alike.
    const power = a.map((row, i) => Math.sqrt(row[i]!));
    if (power.includes(0)) continue;
    for (let i = 0; i < terms.length; i++) {
      b[i]! /= power[i]!;
      for (let j = 0; j < i; j++) {
        a[i]![j]! /= power[i]! * power[j]!;
        a[j]![i] = a[i]![j]!;
      }
      a[i]![i] = 1 + RIDGE;
    }
    solve(a, b);
    for (let n = from; n < from + area; n++) {
      if (metal.data[n] !== 0) continue;
      let sum = 0;
      for (let i = 0; i < terms.length; i++) sum += (b[i]! / power[i]!) * terms[i]![n]!;
      streaks[n] = sum;
    }
  }
  return streaks;
}
