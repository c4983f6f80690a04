import { KSPACE_METHODS } from '@photopeak/analysis';
import { z } from 'zod';

export const RECONSTRUCTED_SCHEMA = 'photopeak/reconstructed/1';
export const RECONSTRUCTION_METHODS = ['fdk', 'fbp', 'os-sart', 'cgls', 'tv'] as const;

/** What `photopeak reconstruct` says of projections. */
export const reconstructed = z.object({
  schema: z.literal(RECONSTRUCTED_SCHEMA),
  notice: z.string(),
  input: z.object({ file: z.string(), sha256: z.string() }),
  method: z.enum(RECONSTRUCTION_METHODS),
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  geometry: z.object({
    beam: z.enum(['parallel', 'fan', 'cone']),
    views: z.int(),
    detectorSize: z.tuple([z.int(), z.int()]),
    /** Columns (from 0) and disagreement of two ways to find it, pixels; null where it was not looked for. */
    centerOfRotation: z.object({ column: z.number(), disagreement: z.number() }).nullable(),
  }),
  volume: z.object({
    size: z.tuple([z.int(), z.int(), z.int()]),
    spacingMm: z.tuple([z.number(), z.number(), z.number()]),
    originMm: z.tuple([z.number(), z.number(), z.number()]),
    unit: z.string(),
    min: z.number(),
    max: z.number(),
    mean: z.number(),
  }),
  /** ‖Ax − b‖ / ‖b‖ after each iteration; of filtered backprojection that of its result. */
  residuals: z.array(z.number()),
  findings: z.array(z.string()),
  /** Names of the files that were made. */
  files: z.array(z.string()),
});

export type Reconstructed = z.infer<typeof reconstructed>;
export type ReconstructionMethod = (typeof RECONSTRUCTION_METHODS)[number];

export const KSPACE_RECONSTRUCTED_SCHEMA = 'photopeak/reconstructed-kspace/1';

/** What `photopeak reconstruct --kspace` says. */
export const kspaceReconstructed = z.object({
  schema: z.literal(KSPACE_RECONSTRUCTED_SCHEMA),
  notice: z.string(),
  input: z.object({ file: z.string(), sha256: z.string() }),
  method: z.enum(KSPACE_METHODS),
  /** Width, height, slices. */
  size: z.tuple([z.int(), z.int(), z.int()]),
  coils: z.int(),
  /** Share of k-space of the first slice that was measured. */
  sampled: z.number(),
  /** ‖Ax − b‖ / ‖b‖ of each slice; empty for zero-filled. */
  residuals: z.array(z.number()),
  /** Share of the energy of each slice that its samples do not determine; empty for zero-filled. */
  nullSpaceShares: z.array(z.number()),
  files: z.array(z.string()),
});

export type KspaceReconstructed = z.infer<typeof kspaceReconstructed>;
