import { denoiseCt } from '@photopeak/analysis';
import { type BuiltInNetwork, openBuiltIn } from '../built-in-network.ts';
import { defineMethod } from '../method.ts';
import { factsOf, imageOf } from '../network-results.ts';
import { type CtSettings, enhancedCt, nonlocalCt } from './nonlocal-ct.ts';

const network: BuiltInNetwork = {
  id: 'ct-denoiser',
  digest: 'b8039e1c599c445c7505aa754d3660228a16911d9d78f7949076499c84462c5c',
};

/** Non-local means of a CT, of which a network corrects what they left and what they took. */
export const networkCt = defineMethod({
  ...nonlocalCt,
  id: 'network-ct',
  version: '1.0.0',
  title: 'Low-dose CT by non-local means, corrected by a residual network',
  limits: [
    'trained on drawn bodies alone: what looks like none of them it may take for noise, or leave as it is',
    'no voxel is changed by more than twice its noise against non-local means',
    ...nonlocalCt.limits,
  ],
  isNetwork: true,
  digest: network.digest,
  async run({ volume }, settings, { signal }) {
    await using model = await openBuiltIn(network, signal);
    const denoised = await denoiseCt(volume, {
      ...(settings as CtSettings),
      refine: async ({ source, denoised, noise }) =>
        imageOf(await model.infer({ denoised, image: source, noise }, { signal }), network.id),
    });
    const enhanced = enhancedCt(denoised);
    return { ...enhanced, facts: [...enhanced.facts, ...factsOf(model)] };
  },
});
