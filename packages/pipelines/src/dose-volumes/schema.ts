import { z } from 'zod';
import { finding } from '../summary-parts.ts';

/** What `photopeak dvh --json` prints. Documented in docs/radiotherapy.md. */
export const DVH_SCHEMA = 'photopeak/dvh/1';

const metric = z.object({
  /** As asked for: D95%, D0.1cc, V20Gy. */
  name: z.string(),
  /** Null where the structure is smaller than the volume asked for. */
  value: z.number().nullable(),
  unit: z.enum(['Gy', 'ml', '%']),
});

const histogram = z.object({
  volumeMl: z.number(),
  /** Percent of the structure that the dose grid covers; all doses are of this part. */
  coveredPercent: z.number(),
  minimumGy: z.number(),
  meanGy: z.number(),
  maximumGy: z.number(),
  metrics: z.array(metric),
  /** Volume in ml that gets at least `index × binGy`; only where it was asked for. */
  cumulative: z.object({ binGy: z.number(), ml: z.array(z.number()) }).nullable(),
});

/** Our histogram against the one that came with the dose. */
const comparison = z.object({
  volumeMl: z.number().nullable(),
  meanGy: z.number().nullable(),
  /** Largest difference of the two cumulative histograms, in percent of the volume. */
  largestDifferencePercent: z.number().nullable(),
  message: z.string(),
});

export const doseVolumes = z.object({
  schema: z.literal(DVH_SCHEMA),
  dose: z.object({
    units: z.string(),
    type: z.string(),
    summationType: z.string(),
    maximumGy: z.number(),
    size: z.tuple([z.number(), z.number(), z.number()]),
    spacingMm: z.tuple([z.number(), z.number(), z.number()]),
  }),
  structures: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      interpretedType: z.string(),
      /** Null with the reason where there is none. */
      histogram: histogram.nullable(),
      reason: z.string().nullable(),
      written: comparison.nullable(),
    }),
  ),
  findings: z.array(finding),
});

export type DoseVolumes = z.infer<typeof doseVolumes>;
