import { z } from 'zod';
import { petctParameters } from '../petct-oncology/parts.ts';

const { tracer, threshold, uptakeCalibration, minimumMl, captures } = petctParameters.shape;

/** Parameters of petmr, as of petct-oncology; every one has a default, and each is written into the result. */
export const petmrParameters = z.strictObject({
  tracer,
  threshold,
  uptakeCalibration,
  minimumMl,
  captures,
  /** A region in which PET and MR lie further apart is reported, mm. */
  misalignmentLimitMm: z.number().min(0).max(100).default(8),
});

export type PetmrParameters = z.infer<typeof petmrParameters>;
