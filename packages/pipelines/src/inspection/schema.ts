import { z } from 'zod';
import { finding } from '../summary-parts.ts';

/** JSON of `photopeak inspect --json`. Documented in docs/inspect.md. */
export const INSPECT_SCHEMA = 'photopeak/inspect/1';

const geometry = z.object({
  /** Voxels along i, j, k. */
  size: z.array(z.number()).length(3),
  spacingMm: z.array(z.number()).length(3),
  /** LPS position of the centre of the first voxel, mm. */
  origin: z.array(z.number()).length(3),
  /** Row-major 3×3; columns are the axes i, j, k in LPS. */
  direction: z.array(z.number()).length(9),
});

const suv = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    /** SUV per rescaled stored value (stored · slope + intercept) of the first slice. */
    bw: z.number(),
    /** James, 128. */
    lbm: z.number().nullable(),
    /** James with 120, DICOM's SUVlbm. */
    lbmJames120: z.number().nullable(),
    lbmJanmahasatian: z.number().nullable(),
    /** cm²/ml per rescaled value. */
    bsa: z.number().nullable(),
    ibw: z.number().nullable(),
    refusedKinds: z.record(z.string(), z.string()),
    perSlice: z.boolean(),
    units: z.string(),
    decayCorrection: z.string(),
    patientWeightKg: z.number().nullable(),
    injectedActivityBq: z.number().nullable(),
    uptakeMinutes: z.number().nullable(),
    confident: z.boolean(),
    derivation: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
  z.object({
    status: z.literal('refused'),
    code: z.string(),
    reason: z.string(),
    remedy: z.string(),
    derivation: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
]);

const series = z.object({
  seriesInstanceUid: z.string(),
  seriesNumber: z.number().nullable(),
  modality: z.string(),
  description: z.string(),
  instanceCount: z.number().int(),
  imageType: z.array(z.string()),
  frameOfReferenceUid: z.string().nullable(),
  geometry: geometry.nullable(),
  /** Why the series is not a volume, where it is none. */
  notAVolume: z.string().nullable(),
  /** What the petct-oncology pipeline would do with it, and why. */
  role: z.enum(['pet', 'ct', 'not-used']),
  reason: z.string(),
  suv: suv.nullable(),
  findings: z.array(finding),
});

export const inspection = z.object({
  schema: z.literal(INSPECT_SCHEMA),
  studies: z.array(
    z.object({
      studyInstanceUid: z.string(),
      studyDate: z.string().nullable(),
      description: z.string(),
      patientHash: z.string(),
      series: z.array(series),
      pairing: z.object({
        pet: z.string().nullable(),
        ct: z.string().nullable(),
        frameOfReferenceShared: z.boolean(),
      }),
      /** Factors of Real World Value Mappings in the study, compared with ours. */
      foreignSuvFactors: z.array(
        z.object({
          sopInstanceUid: z.string(),
          writer: z.string(),
          kind: z.string(),
          factor: z.number(),
          /** Foreign over ours; null where ours cannot be computed. */
          ratio: z.number().nullable(),
          status: z.enum(['agrees', 'differs', 'not-comparable']),
          message: z.string(),
        }),
      ),
      /** Deviations from what the pipelines need. */
      findings: z.array(finding),
    }),
  ),
  /** Files that are not usable DICOM. */
  problems: z.array(z.object({ code: z.string(), file: z.string(), message: z.string() })),
});

export type Inspection = z.infer<typeof inspection>;
export type InspectedSeries = z.infer<typeof series>;
