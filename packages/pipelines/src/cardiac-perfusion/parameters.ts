import { SCORE_LIMITS } from '@photopeak/analysis';
import { z } from 'zod';

const share = z.number().min(0).max(1);

/** Parameters of cardiac-perfusion; every one has a default, and each is written into the result. */
export const cardiacParameters = z.strictObject({
  /** File of normal limits of the site (`photopeak cardiac normals`); empty: the simulated ones, not for diagnosis. */
  normals: z.string().default(''),
  /** Which images are mapped where both are there: with or without attenuation correction. */
  attenuation: z.enum(['corrected', 'uncorrected']).default('corrected'),
  /** Uptake relative to normal below which a segment scores 1, 2, 3, 4. */
  scoreLimits: z.tuple([share, share, share, share]).default([...SCORE_LIMITS]),
  /** Ratio of the cavities at stress and at rest above which dilation is reported. */
  dilationLimit: z.number().min(1).max(2).default(1.22),
  /** Distance of the hearts of emission and CT above which the alignment is to be checked, mm. */
  misalignmentLimitMm: z.number().min(0).max(50).default(7),
});

export type CardiacParameters = z.infer<typeof cardiacParameters>;
