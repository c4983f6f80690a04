import { METAL_METHODS, reduceMetal } from '@photopeak/analysis';
import { z } from 'zod';
import { defineMethod } from '../method.ts';

const parameters = z.strictObject({
  method: z.enum(METAL_METHODS).default('fsnmar'),
  /** Times that the prior is made anew. */
  iterations: z.int().min(1).max(6).default(3),
  /** From this on a voxel is metal. */
  metalHu: z.number().min(1500).max(20000).default(2500),
});

/** Streaks of metal out of a CT, from its images alone. */
export const metalArtifactReduction = defineMethod({
  id: 'metal-artifact-reduction',
  version: '1.0.0',
  task: 'metal',
  title: 'Normalised metal artifact reduction',
  modalities: ['CT'],
  parameters,
  intendedUse:
    'Streaks and shadows of metal implants in CT. The original images must be read too: near metal neither shows all there is.',
  limits: [
    'works on images, not on raw data: what the scanner cut off above its largest HU is not known',
    'may blur or hide detail next to metal, and may leave new faint streaks',
    'metal below the threshold, and metal outside of the field of view, is not seen',
  ],
  refuses: ({ planes, facts }) =>
    planes === 'frames'
      ? 'pictures have no place in space'
      : facts.unit === "[hnsf'U]"
        ? undefined
        : 'its values are not Hounsfield units',
  async run({ volume }, { method, iterations, metalHu }) {
    const { volume: result, metalVoxels } = await reduceMetal(volume, { method, iterations, metalHu });
    if (metalVoxels === 0) {
      return {
        volume: null,
        findings: [
          {
            code: 'ENHANCE_NO_METAL',
            severity: 'info',
            message: `no voxel reaches ${metalHu} HU: there is no metal`,
          },
        ],
      };
    }
    return { volume: result, facts: [{ name: 'metal', value: metalVoxels, unit: '{voxels}' }] };
  },
});
