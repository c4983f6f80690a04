import { z } from 'zod';
import { petctParameters } from '../petct-oncology/parts.ts';

const { tracer, threshold, uptakeCalibration, minimumMl, captures, deformable } = petctParameters.shape;

/** Parameters of petmr, as of petct-oncology; every one has a default, and each is written into the result. */
export const petmrParameters = z.strictObject({
  tracer,
  threshold,
  uptakeCalibration,
  minimumMl,
  captures,
  /** `auto`: a deformation of the PET to the MR is tried where a region is off by 6 mm or more; `always`: everywhere. */
  deformable,
  /** A region in which PET and MR lie further apart is reported, mm. */
  misalignmentLimitMm: z.number().min(0).max(100).default(8),
});

export type PetmrParameters = z.infer<typeof petmrParameters>;
