import { type MetalReduction, reduceMetal } from '@photopeak/analysis';
import { z } from 'zod';
import { defineMethod, type Enhanced } from '../method.ts';

const parameters = z.strictObject({
  /** From this on a voxel is metal, HU; its neighbours from 0.8 of it. Below 3071, where scanners cut off. */
  metalHu: z.number().min(1500).max(3071).default(2500),
});

export type MetalSettings = z.infer<typeof parameters>;

/** A CT without its streaks, and how much metal there is; without metal, a finding that says so. */
export function withoutStreaks(
  { volume, metalVoxels }: MetalReduction,
  { metalHu }: MetalSettings,
): Enhanced {
  if (metalVoxels === 0) {
    return {
      volume: null,
      findings: [
        {
          code: 'ENHANCE_NO_METAL',
          severity: 'info',
          message: `no voxels of metal (from ${metalHu} HU on): there are no streaks to take away`,
        },
      ],
    };
  }
  const [x, y, z] = volume.spacingMm;
  const value = Number(((metalVoxels * x * y * z) / 1000).toPrecision(3));
  return { volume, facts: [{ name: 'volume of metal', value, unit: 'mL' }] };
}

/** Streaks of metal taken out of a CT by what its own projections hold of them, as far as its slices show them. */
export const metalStreaks = defineMethod({
  id: 'metal-streaks',
  version: '1.1.0',
  task: 'metal',
  title: 'Streaks of metal by hardening and by projections of the image',
  modalities: ['CT'],
  parameters,
  intendedUse:
    'Fewer streaks of metal in CT, beside the original, where no projections are at hand. Measured on simulated hip implants, spinal screws and fillings of teeth.',
  limits: [
    'it takes away a part of the streaks; those of photon starvation behind large implants stay in part',
    'new, weaker streaks may come up where bone, fat or gas lies in the shadow of metal: look at the original as well',
    'HU within 20 mm of metal stay uncertain, and metal itself is shown as it was',
    'metal outside of the field of view, and metal below the threshold, is not seen',
    'slices of a tilted gantry, and images of extended HU whose metal is not cut off, were not measured',
  ],
  // The mean rises where dark bands go. Places where streaks were left or overdone stand out of what rays through metal do not
  // account for: limits of bench/quality/metal.ts on hips, screws and teeth, seeds 320 to 323, those of lines also 364 to 367.
  qualityLimits: {
    bias: { flag: null, hold: null },
    'new-structure': { flag: 16, hold: 24 },
    'lost-structure': { flag: 14, hold: 21 },
    'new-line': { flag: 18, hold: 27 },
    'lost-line': { flag: 15, hold: 22 },
  },
  refuses: ({ facts }) => (facts.unit === "[hnsf'U]" ? undefined : 'its values are not Hounsfield units'),
  async run({ volume }, settings) {
    return withoutStreaks(await reduceMetal(volume, settings), settings);
  },
});
