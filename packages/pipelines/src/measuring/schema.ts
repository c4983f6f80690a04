import { z } from 'zod';
import { finding } from '../summary-parts.ts';

/** JSON of `photopeak measure --json`. Documented in docs/measure.md. */
export const MEASURE_SCHEMA = 'photopeak/measure/1';

const vector = z.array(z.number()).length(3);

export const measured = z.object({
  schema: z.literal(MEASURE_SCHEMA),
  image: z.object({
    /** Null for a NIfTI image, as is the modality: NIfTI names neither. */
    seriesInstanceUid: z.string().nullable(),
    modality: z.string().nullable(),
    /** Series Description, or the name of the NIfTI file. */
    description: z.string(),
    /** Unit of every value below: `g/ml{SUVbw}` where SUV can be computed, else the image's own; empty where it names none. */
    unit: z.string(),
    suvFactor: z.number().nullable(),
    voxelVolumeMl: z.number(),
  }),
  segmentation: z.object({ kind: z.enum(['SEG', 'RTSTRUCT', 'NIfTI']), file: z.string() }),
  /** On request: the resolution that means were corrected for, FWHM in mm. */
  resolutionMm: z.number().optional(),
  segments: z.array(
    z.object({
      number: z.number().int(),
      label: z.string(),
      voxels: z.number().int(),
      /** Volume of the voxels in ml; of PET, the metabolic volume MTV. */
      volumeMl: z.number(),
      mtvMl: z.number(),
      max: z.number().nullable(),
      /** Highest mean of a 1 cm³ sphere; null for an image that is neither PET nor in SUV. */
      peak: z.number().nullable(),
      peakNote: z.string().nullable(),
      mean: z.number().nullable(),
      /** On request: the mean without the blur of the scanner (geometric transfer matrix); null where it is not told. */
      meanCorrected: z.number().nullable().optional(),
      sd: z.number().nullable(),
      min: z.number().nullable(),
      /** mean · volume. */
      tlg: z.number().nullable(),
      centroid: vector.nullable(),
      maximumPosition: vector.nullable(),
      /**
       * On request: IBSI intensity statistics and morphology by name (docs/measure.md); null where a value is not defined.
       */
      radiomics: z
        .object({
          firstOrder: z.record(z.string(), z.number().nullable()),
          shape: z.record(z.string(), z.number().nullable()),
        })
        .optional(),
      findings: z.array(finding),
    }),
  ),
  totals: z.object({
    volumeMl: z.number(),
    tlg: z.number(),
    max: z.number().nullable(),
    /** Largest distance between two segment centroids, mm. */
    dmaxMm: z.number().nullable(),
  }),
  findings: z.array(finding),
});

export type Measured = z.infer<typeof measured>;
