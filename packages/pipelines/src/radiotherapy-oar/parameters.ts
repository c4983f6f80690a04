import { z } from 'zod';
import { petctParameters } from '../petct-oncology/parameters.ts';

/** Parameters of radiotherapy-oar; every one has a default, and each is written into the result. */
export const radiotherapyParameters = z.strictObject({
  /** How lesions of a PET become contours, as of petct-oncology. */
  tracer: petctParameters.shape.tracer,
  threshold: petctParameters.shape.threshold,
  uptakeCalibration: petctParameters.shape.uptakeCalibration,
  minimumMl: petctParameters.shape.minimumMl,
  /** File that configures a segmentation model of the site, as of petct-oncology. */
  anatomyModel: petctParameters.shape.anatomyModel,
  /** RT ROI Interpreted Type of lesions: none (a person says what they are) or GTV. */
  lesionType: z.enum(['none', 'GTV']).default('none'),
  /** Structures from before may be deformed where that is better than moving them rigidly. */
  deformable: z.boolean().default(true),
  /** How far contours may pass from those of the voxels, in voxels of the planning CT. */
  tolerance: z.number().min(0).max(0.35).default(0.1),
  /** How holes are written: keyholes, or contours of their own that combine by exclusive or. */
  holes: z.enum(['keyhole', 'xor']).default('keyhole'),
  /** Encoding of the segmentation. */
  segmentation: z.enum(['binary', 'labelmap']).default('binary'),
});

export type RadiotherapyParameters = z.infer<typeof radiotherapyParameters>;
