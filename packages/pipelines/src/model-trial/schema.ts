import { z } from 'zod';
import { finding } from '../summary-parts.ts';

export const MODEL_TRIAL_SCHEMA = 'photopeak/model-trial/1';

const tensor = z.object({ name: z.string(), shape: z.array(z.union([z.number(), z.string(), z.null()])) });

/** What `photopeak model test --json` prints. */
export const modelTrial = z.object({
  schema: z.literal(MODEL_TRIAL_SCHEMA),
  model: z.object({
    id: z.string(),
    version: z.string(),
    title: z.string(),
    task: z.string(),
    /** SHA-256 of the package. */
    digest: z.string(),
  }),
  /** Of a network whose file is in the package. */
  network: z
    .object({ operators: z.array(z.string()), inputs: z.array(tensor), outputs: z.array(tensor) })
    .nullable(),
  runtime: z.object({
    provider: z.string(),
    /** Why providers before it were not used. */
    passedOver: z.array(z.string()),
    version: z.string(),
    optimisation: z.string().nullable(),
  }),
  image: z.object({ size: z.array(z.int()), spacingMm: z.array(z.number()), isNoise: z.boolean() }),
  outputs: z.array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('image'),
        size: z.array(z.int()),
        spacingMm: z.array(z.number()),
        least: z.number(),
        most: z.number(),
        mean: z.number(),
        /** Voxels that are no number. */
        notFinite: z.int(),
      }),
      z.object({
        kind: z.literal('labels'),
        size: z.array(z.int()),
        /** By label. */
        voxels: z.record(z.string(), z.int()),
        confidence: z.record(z.string(), z.number()),
      }),
      z.object({ kind: z.literal('scalar'), values: z.array(z.number()) }),
    ]),
  ),
  loadSeconds: z.number(),
  runSeconds: z.number(),
  /** Of the process of the network; null for a server. */
  peakMemoryMb: z.number().nullable(),
  findings: z.array(finding),
});
export type ModelTrial = z.infer<typeof modelTrial>;
