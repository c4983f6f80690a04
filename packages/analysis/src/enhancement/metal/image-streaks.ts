import type { Volume } from '@photopeak/imaging';
import { filteredBackprojection, projectVolume } from '../../reconstruction/index.ts';
import { beamFor } from './beam.ts';
import { hardeningStreaks, hardeningTerms } from './hardening.ts';
import { keptShare } from './kept-share.ts';
import { awayFromAir, isAirHu, outsideBody, tissuePrior } from './prior.ts';
import { bridged, metalTrace } from './trace.ts';

/** Rays beside the trace that tell what lies at its ends: one alone is noisy. */
const RAYS_BESIDE = 3;
/**
 * What is found in the trace is less than what made the streaks: reconstruction has spread a part of it over the rays
 * beside. Of the streaks more is taken away by this, and what is left is looked for once more.
 */
const SPREAD = 1.4;
const TURNS = 2;
/** Times that the prior is made: of the slices, then of what the first turns have left. */
const PRIORS = 2;

/** What slices hold of metal's streaks, HU. */
export interface ImageStreaks {
  /** Of both kinds as much as the slices show: to be taken away. */
  readonly kept: Float32Array;
  /** All that was found: of hardened rays, and of what the trace holds beyond the rays beside it. */
  readonly hardening: Float32Array;
  readonly trace: Float32Array;
}

/**
 * The streaks of metal in slices of a CT, to be taken away from them: first those of hardened rays, then, of the slices less what
 * they would be without streaks (`tissuePrior`), what the trace of metal holds beyond the rays beside it, reconstructed; of both
 * as much as the slices show. `metal`: its share of each pixel; such pixels take no part. Their grid is that of the gantry.
 */
export async function imageStreaks(
  slices: Volume<Float32Array>,
  metal: Volume<Float32Array>,
  softHu: number,
): Promise<ImageStreaks> {
  const place = (data: Float32Array): Volume<Float32Array> => ({ ...slices, data });
  const geometry = beamFor(slices);
  const paths = await projectVolume(metal, geometry);
  const pixelMm = Math.min(slices.spacingMm[0], slices.spacingMm[1]);
  const trace = metalTrace(paths, pixelMm);
  /** Of what an image holds beyond another, the part that the trace has and the rays beside it do not. */
  const beyond = async (image: Float32Array, other: (n: number) => number) => {
    const residual = image.map((value, n) => (metal.data[n] !== 0 ? 0 : value - other(n)));
    const { data } = await projectVolume(place(residual), geometry);
    const beside = bridged(data, trace, geometry.detectorSize[0], RAYS_BESIDE);
    const excess = data.map((value, n) => (trace[n] === 0 ? 0 : value - beside[n]!));
    return (await filteredBackprojection({ geometry, data: excess }, slices)).data;
  };

  const filled = slices.data.map((value, n) => (metal.data[n] !== 0 ? softHu : value));
  const isAir = await outsideBody(place(filled));
  const dark = isAir.map((outside, n) => (outside === 0 && isAirHu(filled[n]!) ? 1 : 0));
  if (dark.includes(1)) {
    // Gas or a dark streak: gas stays dark when all that metal shadows is drawn straight.
    const flat = await beyond(filled, (n) => (isAir[n] !== 0 ? -1000 : softHu));
    for (let n = 0; n < dark.length; n++) if (dark[n] !== 0 && isAirHu(filled[n]! - flat[n]!)) isAir[n] = 1;
  }
  // What is bright in the slices and in all that came of them is bone; streaks, and what taking them away adds, are not.
  const darkest = (one: Float32Array, other: Float32Array) =>
    one.map((value, n) => (metal.data[n] !== 0 ? value : Math.min(value, other[n]!)));
  const priorOf = (image: Float32Array) => tissuePrior(place(image), metal.data, softHu, isAir);
  const inside = await awayFromAir(place(new Float32Array(isAir)));
  const tissueOf = (prior: Float32Array) =>
    isAir.map((air, n) =>
      air === 0 && metal.data[n] === 0 && inside[n] !== 0 && prior[n] === softHu ? 1 : 0,
    );
  const keep = async (from: Float32Array, prior: Float32Array, found: Float32Array, by: 'near' | 'slice') => {
    const deviation = place(from.map((value, n) => value - prior[n]!));
    const share = await keptShare(deviation, found, tissueOf(prior), by);
    return found.map((value, n) => value * share[n]!);
  };

  let prior = await priorOf(filled);
  const hardening = await hardeningTerms(slices, prior, paths);
  const first = hardeningStreaks(hardening, prior.data, tissueOf(prior.data), metal);
  prior = await priorOf(darkest(filled, less(slices.data, first)));
  const second = hardeningStreaks(hardening, prior.data, tissueOf(prior.data), metal, first);
  const hard = await keep(slices.data, prior.data, second, 'slice');
  const softened = less(slices.data, hard);

  const streaks = new Float32Array(slices.data.length);
  let least: Float32Array = filled;
  for (let made = 0; made < PRIORS; made++) {
    least = darkest(least, less(softened, streaks));
    prior = await priorOf(least);
    for (let turn = 0; turn < TURNS; turn++) {
      const left = await beyond(softened, (n) => prior.data[n]! + streaks[n]!);
      for (let n = 0; n < streaks.length; n++) streaks[n]! += SPREAD * left[n]!;
    }
  }
  const kept = await keep(softened, prior.data, streaks, 'near');
  return { kept: kept.map((value, n) => value + hard[n]!), hardening: second, trace: streaks };
}

const less = (image: Float32Array, taken: Float32Array) => image.map((value, n) => value - taken[n]!);
