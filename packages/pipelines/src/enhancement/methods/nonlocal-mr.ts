import { denoiseMr } from '@photopeak/analysis';
import { z } from 'zod';
import { defineMethod } from '../method.ts';

const parameters = z.strictObject({
  /** σ of each receiver channel in the unit of the image; 0: measured. */
  sigma: z.number().min(0).default(0),
  /** Receiver coils whose root of the sum of squares the image is; 0: measured. */
  coils: z.number().min(0).max(128).default(0),
  /** h of the weights in units of σ: more takes away more. */
  strength: z.number().min(0.1).max(2).default(0.7),
});

/** Non-local means for the noise of magnitude images. */
export const nonlocalMr = defineMethod({
  id: 'nonlocal-mr',
  version: '1.1.0',
  task: 'denoise',
  title: 'MR by non-local means, freed of Rician bias',
  modalities: ['MR'],
  parameters,
  intendedUse: 'Less noise in magnitude MR, with edges kept and the bias of dark tissue taken off.',
  limits: [
    'one σ for the whole image: with parallel imaging the noise changes over it',
    'not for phase, complex or subtracted images, nor for maps',
    'values of dark tissue fall by the bias that is taken off',
  ],
  async run({ volume }, { sigma, coils, strength }) {
    const found = await denoiseMr(volume, {
      strength,
      ...(sigma > 0 ? { sigma } : {}),
      ...(coils > 0 ? { coils } : {}),
    });
    return {
      volume: found.volume,
      facts: [
        { name: 'sigma', value: Number(found.sigma.toPrecision(4)) },
        { name: 'sigma told by', value: found.toldBy },
        { name: 'effective coils', value: Number(found.coils.toFixed(2)) },
      ],
    };
  },
});
