import { z } from 'zod';
import { petctSummary } from '../petct-oncology/parts.ts';

/**
 * `summary.json` of the prior-comparison pipeline. Positions are LPS millimetres in the PET of the current study,
 * volumes millilitres, uptake SUVbw unless named SUL. Documented in docs/prior-comparison.md.
 */
export const COMPARISON_SCHEMA = 'photopeak/prior-comparison/summary/1';

const shape = petctSummary.shape;
const values = z.object({
  suvMax: z.number(),
  suvPeak: z.number().nullable(),
  suvMean: z.number(),
  mtvMl: z.number(),
  tlgG: z.number(),
  diameterMm: z.number(),
});
const change = z.object({
  from: z.number(),
  to: z.number(),
  absolute: z.number(),
  relative: z.number().nullable(),
});
const statement = z.object({
  text: z.string(),
  holds: z.boolean().optional(),
  values: z.record(z.string(), z.number()),
});

const timePoint = z.object({
  /** 1 is the oldest; the last is the current study. */
  order: z.number().int(),
  label: z.string(),
  studyInstanceUid: z.string(),
  studyDate: z.string().nullable(),
  description: z.string(),
  /** Days from the oldest; null where a date is missing. */
  day: z.number().nullable(),
  pet: shape.chosen.shape.pet,
  ct: shape.chosen.shape.ct,
  uptakeMinutes: z.number().nullable(),
  /** SUL per SUVbw; null where lean body mass cannot be computed. */
  sulPerSuv: z.number().nullable(),
  references: shape.references,
  threshold: z.object({ method: z.string(), value: z.number().nullable() }),
  totals: shape.totals,
  /** Of its own PET to its own CT. */
  alignmentScore: z.number().nullable(),
});

const lesion = z.object({
  /** Stays the same over all examinations. */
  trackingUid: z.string(),
  label: z.string(),
  state: z.enum(['persisting', 'split', 'merged', 'regrouped', 'new', 'resolved', 'recurrent']),
  site: shape.lesions.element.shape.site,
  laterality: shape.lesions.element.shape.laterality,
  /** Where it is now, or was and would be now. */
  position: shape.lesions.element.shape.centroid,
  /** One entry for each time point, in their order. */
  timePoints: z.array(
    z.object({
      order: z.number().int(),
      /** Findings of that study that are this lesion, by their numbers there; empty where it is not there. */
      findings: z.array(z.string()),
      values: values.nullable(),
      /** What is left there now, where a lesion is gone; null elsewhere and outside the field of view. */
      residual: z
        .object({ suvMax: z.number(), suvPeak: z.number().nullable(), suvMean: z.number() })
        .nullable(),
      /** Its size on the CT there; null where it is not there or sizes were not asked for. */
      ct: z
        .discriminatedUnion('status', [
          z.object({
            status: z.literal('measured'),
            /** In the axial plane in which it is longest, mm. */
            longestMm: z.number(),
            shortAxisMm: z.number(),
            /** Ends of the longest diameter in the frame of that CT. */
            ends: z.array(shape.lesions.element.shape.centroid),
            sliceSpacingMm: z.number(),
            borderHu: z.number(),
          }),
          z.object({ status: z.literal('not-measured'), reason: z.string() }),
        ])
        .nullable()
        .default(null),
    }),
  ),
  /** From the last time point at which it was there before the current one. */
  fromPrevious: z.partialRecord(
    z.enum(['suvMax', 'suvPeak', 'suvMean', 'mtvMl', 'tlgG', 'diameterMm']),
    change,
  ),
  fromBaseline: z.partialRecord(
    z.enum(['suvMax', 'suvPeak', 'suvMean', 'mtvMl', 'tlgG', 'diameterMm']),
    change,
  ),
  /** Between where the registration puts it and where it is; null without a pair. */
  distanceMm: z.number().nullable(),
  overlap: z.number().nullable(),
  /** Why a person must look at its state; null where nothing speaks against it. */
  doubt: z.string().nullable(),
});

const trend = z.object({
  name: z.string(),
  unit: z.string(),
  points: z.array(z.object({ day: z.number(), value: z.number().nullable() })),
  fromBaseline: change.nullable(),
  fromPrevious: change.nullable(),
  fromNadir: change.nullable(),
  doublingDays: z.number().nullable(),
});

const response = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('assessed'),
    criteria: z.string(),
    /** Order of the time point it is held against. */
    against: z.number().int(),
    category: z.string(),
    meaning: z.string(),
    statements: z.array(statement),
    cautions: z.array(z.string()),
  }),
  z.object({
    status: z.literal('not-assessable'),
    criteria: z.string(),
    against: z.number().int(),
    reasons: z.array(z.string()),
    statements: z.array(statement),
  }),
]);

export const comparisonSummary = z.object({
  schema: z.literal(COMPARISON_SCHEMA),
  pipeline: shape.pipeline,
  run: shape.run,
  notice: z.string(),
  study: shape.study,
  timePoints: z.array(timePoint),
  registrations: z.array(
    z.object({
      order: z.number().int(),
      /** `deformable`: the matrix is its linear part. */
      used: z.enum(['rigid', 'deformable', 'none']),
      reason: z.string(),
      /** Row-major 4×4, LPS mm, from the CT of that study to the CT of the current one. */
      matrix: z.array(z.number()).length(16),
      uncertaintyMm: z.number().nullable(),
      /** What the matching takes for the error of the mapping. */
      expectedErrorMm: z.number(),
    }),
  ),
  /** Each earlier time point against the current one. */
  comparability: z.array(
    z.object({
      order: z.number().int(),
      checks: z.array(
        z.object({
          item: z.string(),
          status: z.enum(['agrees', 'differs', 'unknown']),
          message: z.string(),
          isDecisive: z.boolean(),
        }),
      ),
    }),
  ),
  lesions: z.array(lesion),
  trends: z.array(trend),
  response: z.array(response),
  objects: shape.objects,
  findings: shape.findings,
});

export type ComparisonSummary = z.infer<typeof comparisonSummary>;
export type ComparedLesion = ComparisonSummary['lesions'][number];
