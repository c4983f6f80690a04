import { reduceSpeckle } from '@photopeak/analysis';
import { createVolume } from '@photopeak/imaging';
import { z } from 'zod';
import { defineMethod, type EnhancementImage } from '../method.ts';

const parameters = z.strictObject({
  /** preserve keeps most structure, strong averages most. */
  strength: z.enum(['preserve', 'standard', 'strong']).default('standard'),
  /** Part of the change that is made: 0 leaves the picture as it is. */
  amount: z.number().min(0).max(1).default(1),
  /** Decibels that the grey scale spans; 0: fitted to the speckle of the picture. */
  dynamicRangeDb: z.number().min(0).max(120).default(0),
});

const WHITE = 255;

function refuses({ facts }: Omit<EnhancementImage, 'volume'>): string | undefined {
  return facts.unit === '1' ? undefined : `grey levels are needed, not ${facts.unit}`;
}

/** Averages speckle over similar places of the envelope. */
export const speckleReduction = defineMethod({
  id: 'speckle-reduction',
  version: '1.3.0',
  task: 'speckle',
  title: 'Speckle averaged over similar places',
  modalities: ['US'],
  parameters,
  intendedUse:
    'B-mode pictures and clips, beside the original: easier to see low contrast and the outline of organs. Not for texture.',
  limits: [
    'structures of the size of speckle and weaker than it are averaged away; what stands out keeps its place and contrast',
    'the texture of speckle itself, which may tell of tissue, is gone',
    'edges of little contrast (below 4 dB) become wider than those of cysts',
    'tissue gets brighter by about 1.5 dB, as the mean of the envelope is kept and not that of its logarithm',
    'in clips, changes of less than half the deviation of speckle are averaged over three frames',
  ],
  refuses,
  async run({ volume, mask }, { strength, amount, dynamicRangeDb }, { progress }) {
    const [width, height] = volume.size;
    const grey =
      volume.data instanceof Uint8Array
        ? volume.data
        : Uint8Array.from(volume.data, (value) => Math.min(WHITE, Math.max(0, Math.round(value))));
    const reduced = await reduceSpeckle(
      { width, height, grey, ...(mask === undefined ? {} : { mask }) },
      { strength, amount, ...(dynamicRangeDb === 0 ? {} : { dynamicRangeDb }) },
      progress,
    );
    if (reduced === undefined) {
      return {
        volume: null,
        findings: [
          {
            code: 'ENHANCE_NO_SPECKLE',
            severity: 'warning',
            message:
              'there is too little uniform tissue to tell what its speckle looks like: the picture stays as it is',
          },
        ],
      };
    }
    const { statistics } = reduced;
    return {
      volume: createVolume(volume, reduced.grey, volume.unit),
      facts: [
        { name: 'speckle SD', value: Number(statistics.sdGrey.toFixed(2)), unit: '{grey level}' },
        { name: 'speckle width', value: Number(statistics.sizePx[0].toFixed(2)), unit: '{pixel}' },
        { name: 'speckle height', value: Number(statistics.sizePx[1].toFixed(2)), unit: '{pixel}' },
        { name: 'dynamic range', value: Number(reduced.dynamicRangeDb.toFixed(1)), unit: 'dB' },
      ],
    };
  },
});
