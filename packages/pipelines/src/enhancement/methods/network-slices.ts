import { correctPlanes, refineSlices } from '@photopeak/analysis';
import { type BuiltInNetwork, openBuiltIn } from '../built-in-network.ts';
import { defineMethod } from '../method.ts';
import { factsOf, imageOf } from '../network-results.ts';
import {
  refinementOf,
  type SliceSettings,
  sliceFacts,
  sliceFindings,
  sliceRefinement,
  thinSlices,
} from './slice-refinement.ts';

const network: BuiltInNetwork = {
  id: 'slice-refiner',
  digest: '6afe4cebdc1d1fe84a1a5c3c906078a779b6e25fecddd642e3e8ebe28ecb6d85',
};

/** Part of the work that the classical method is. */
const CLASSICAL = 0.3;

/** Refined slices that a network corrects in the planes along the normal; consistent with the slices like those. */
export const networkSlices = defineMethod({
  ...sliceRefinement,
  id: 'network-slices',
  version: '1.1.0',
  title: 'Slices refined, and corrected by a residual network',
  limits: [
    'trained on drawn volumes alone: what looks like none of them it may draw too sharp, or leave as it is',
    ...sliceRefinement.limits,
  ],
  isNetwork: true,
  digest: network.digest,
  async run(image, settings, { signal, progress }) {
    const options = refinementOf(image, settings as SliceSettings);
    if (options === null) return thinSlices(image.volume);
    await using model = await openBuiltIn(network, signal);
    const refined = refineSlices(image.volume, options, (part) => progress(CLASSICAL * part));
    const corrected = await correctPlanes(
      image.volume,
      refined,
      options,
      async ({ refined: image, slices, offset }) =>
        imageOf(await model.infer({ image, slices, offset }, { signal }), network.id),
      (part) => progress(CLASSICAL + (1 - CLASSICAL) * part, 'network'),
    );
    return {
      volume: corrected.volume,
      facts: [...sliceFacts(options, corrected), ...factsOf(model)],
      findings: sliceFindings(corrected),
    };
  },
});
