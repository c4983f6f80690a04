import { z } from 'zod';
import { finding } from '../summary-parts.ts';

export const MODEL_VALIDATION_SCHEMA = 'photopeak/model-validation/1';

const interval = z.object({ low: z.number(), high: z.number() });
const label = z.string().nullable();

/** A measure over all cases, or over those of one scanner, protocol, … */
const statistic = z.object({
  measure: z.string(),
  label,
  unit: z.string(),
  cases: z.int(),
  mean: z.number(),
  /** 95 %, bootstrap over cases; null for one case. */
  interval: interval.nullable(),
  least: z.number(),
  most: z.number(),
});

const subject = z.object({
  id: z.string(),
  version: z.string(),
  title: z.string(),
  task: z.string(),
  digest: z.string(),
  provider: z.string(),
  runtimeVersion: z.string(),
});

/** What `photopeak validate model --json` prints; identities of cases are UIDs or file names, never of a patient. */
export const modelValidation = z.object({
  schema: z.literal(MODEL_VALIDATION_SCHEMA),
  model: subject,
  against: subject.nullable(),
  seed: z.int(),
  hasReference: z.boolean(),
  cases: z.array(
    z.object({
      number: z.int(),
      id: z.string(),
      strata: z.record(z.string(), z.string()),
      measures: z.array(
        z.object({
          measure: z.string(),
          label,
          unit: z.string(),
          value: z.number(),
          against: z.number().nullable(),
        }),
      ),
      /** The result of the model less that of the version beside it. */
      difference: z.array(z.object({ measure: z.string(), label, unit: z.string(), value: z.number() })),
      seconds: z.number(),
      /** Why there is no result. */
      failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
  statistics: z.array(statistic),
  strata: z.array(z.object({ by: z.string(), value: z.string(), statistics: z.array(statistic) })),
  /** Model less the version beside it, case by case. */
  paired: z.array(
    z.object({
      measure: z.string(),
      label,
      unit: z.string(),
      cases: z.int(),
      mean: z.number(),
      interval: interval.nullable(),
      /** Wilcoxon's signed ranks, two-sided; null where no case differs. */
      p: z.number().nullable(),
      /** Two one-sided tests, where a margin was given. */
      equivalence: z
        .object({ margin: z.number(), interval, p: z.number(), isEquivalent: z.boolean() })
        .nullable(),
    }),
  ),
  /** The measure that decides which cases are worst, and their numbers, the worst first. */
  worst: z.object({ measure: z.string().nullable(), cases: z.array(z.int()) }),
  peakMemoryMb: z.number().nullable(),
  findings: z.array(finding),
});
export type ModelValidation = z.infer<typeof modelValidation>;
