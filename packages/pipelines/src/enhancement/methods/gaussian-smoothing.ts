import { gaussian } from '@photopeak/imaging';
import { z } from 'zod';
import { defineMethod } from '../method.ts';
import { knownBlur } from '../quality/known-blur.ts';

const parameters = z.strictObject({
  /** Full width at half maximum, mm, in all directions. */
  fwhmMm: z.number().min(0.1).max(20).default(4),
});

const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);
/** `gaussian` ends its kernels at so many standard deviations. */
const KERNEL_END = 4;

/** The post-filter of nuclear medicine: known to every reader, linear, keeps sums. */
export const gaussianSmoothing = defineMethod({
  id: 'gaussian-smoothing',
  version: '1.0.0',
  task: 'denoise',
  title: 'Gaussian smoothing',
  modalities: ['PT', 'NM', 'CT', 'MR'],
  parameters,
  qualityLimits: knownBlur,
  intendedUse:
    'Smoothing of PET, SPECT, CT or MR to a chosen width, as a post-filter of reconstruction does. Not for detail.',
  limits: [
    'blurs edges and small structures by the same width',
    'lowers maxima of small lesions, such as SUVmax',
  ],
  reachPlanes: ({ fwhmMm }, { spacingMm }) =>
    Math.ceil((KERNEL_END * fwhmMm) / FWHM_PER_SIGMA / spacingMm[2] + 0.5),
  async run({ volume }, { fwhmMm }) {
    const sigmaMm = fwhmMm / FWHM_PER_SIGMA;
    return {
      volume: await gaussian(volume, { sigmaMm }),
      facts: [{ name: 'FWHM', value: fwhmMm, unit: 'mm' }],
    };
  },
});
