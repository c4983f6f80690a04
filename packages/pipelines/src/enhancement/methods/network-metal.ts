import { reduceMetal } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { type BuiltInNetwork, openBuiltIn } from '../built-in-network.ts';
import { defineMethod } from '../method.ts';
import { factsOf, imageOf } from '../network-results.ts';
import { type MetalSettings, metalStreaks, withoutStreaks } from './metal-streaks.ts';

const network: BuiltInNetwork = {
  id: 'metal-refiner',
  digest: '80ce7bbf95de71a52fc9ff6a0bd0886baded8fbcc4f9defe9e5f73b929e75cf9',
};

/** What is left of metal's streaks taken away by a network that sees all that the classical method found of them. */
export const networkMetal = defineMethod({
  ...metalStreaks,
  id: 'network-metal',
  version: '1.1.0',
  title: 'Streaks of metal by hardening and projections, corrected by a residual network',
  limits: [
    'trained on drawn bodies alone: what looks like none of them it may change, or leave as it is',
    ...metalStreaks.limits,
  ],
  isNetwork: true,
  digest: network.digest,
  async run({ volume }, settings, { signal }) {
    await using model = await openBuiltIn(network, signal);
    const reduction = await reduceMetal(volume, {
      ...(settings as MetalSettings),
      refine: async (slices) => {
        const refined = imageOf(await model.infer({ ...slices }, { signal }), network.id);
        const left = slices.reduced.data.map((value, n) => value - refined.data[n]!);
        return { ...slices.reduced, data: left } satisfies Volume<Float32Array>;
      },
    });
    const enhanced = withoutStreaks(reduction, settings as MetalSettings);
    return { ...enhanced, facts: [...(enhanced.facts ?? []), ...factsOf(model)] };
  },
});
