import { z } from 'zod';

/** What the JSON of several pipelines and commands has in common. */

export const code = z.object({ value: z.string(), scheme: z.string(), meaning: z.string() });

/** A notice, see `Finding`. */
export const finding = z.object({
  code: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  message: z.string(),
  remedy: z.string().optional(),
});

/** A series of the input and why it was chosen. */
export const chosenSeries = z.object({
  seriesInstanceUid: z.string(),
  seriesNumber: z.number().nullable(),
  description: z.string(),
  modality: z.string(),
  instanceCount: z.number().int(),
  frameOfReferenceUid: z.string().nullable(),
  reason: z.string(),
});

/** The result objects of a run, with their hashes. */
export const resultObjects = z.array(
  z.object({
    output: z.string(),
    fileName: z.string(),
    sha256: z.string(),
    sopClassUid: z.string().nullable(),
    sopInstanceUid: z.string().nullable(),
  }),
);
