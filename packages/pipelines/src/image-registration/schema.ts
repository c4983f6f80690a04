import { z } from 'zod';

/** JSON of `photopeak register --json`. Documented in docs/registration.md. */
export const REGISTER_SCHEMA = 'photopeak/register/1';

const image = z.object({
  /** Null for a NIfTI image, as are modality and frame of reference. */
  seriesInstanceUid: z.string().nullable(),
  modality: z.string().nullable(),
  frameOfReferenceUid: z.string().nullable(),
  description: z.string(),
  size: z.array(z.number().int()).length(3),
  spacingMm: z.array(z.number()).length(3),
});

const score = z.object({
  /** 0 to 100; null where no region could be judged. */
  score: z.number().nullable(),
  class: z.enum(['green', 'amber', 'red', 'unknown']),
  reason: z.string(),
  regions: z.array(
    z.object({
      name: z.string(),
      misalignmentMm: z.number(),
      /** Moving against fixed, LPS mm. */
      shift: z.array(z.number()).length(3),
      spreadMm: z.number(),
      method: z.string(),
    }),
  ),
});

export const registered = z.object({
  schema: z.literal(REGISTER_SCHEMA),
  fixed: image,
  moving: image,
  kind: z.string(),
  /** What was asked for and what is used; they differ where a deformation was not better. */
  asked: z.enum(['rigid', 'affine', 'deformable']),
  used: z.enum(['given', 'rigid', 'affine', 'deformable']),
  reason: z.string(),
  /** Moving → fixed, LPS mm, row-major 4×4: the linear part. */
  matrix: z.array(z.number()).length(16),
  /** Of the displacement beyond the matrix; null where there is none. */
  field: z
    .object({
      size: z.array(z.number().int()).length(3),
      spacingMm: z.array(z.number()).length(3),
      largestMm: z.number(),
      meanMm: z.number().nullable(),
      /** Smallest determinant of the Jacobian in the body; above 0 nothing folds. */
      smallestDeterminant: z.number(),
    })
    .nullable(),
  /** Agreement of a second rigid optimisation, mm; null where none was made. */
  uncertaintyMm: z.number().nullable(),
  /** Normalised mutual information (1 to 2) in the body: as given, and as registered. */
  similarity: z.object({ before: z.number(), after: z.number() }),
  /** Of PET on CT: as given, and as registered; null for other pairs. */
  score: z.object({ before: score, after: score }).nullable(),
  start: z.string(),
  files: z.array(z.string()),
  findings: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['info', 'warning', 'error']),
      message: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});

export type Registered = z.infer<typeof registered>;
