import { z } from 'zod';
import type { EmissionAlignment } from './align.ts';

/** In a summary: what came of a deformation of the emission image to the anatomical one beyond the matrix. */
export const triedDeformation = z.object({
  used: z.boolean(),
  reason: z.string(),
  /** Displacements in the body beyond the matrix. */
  largestMm: z.number().optional(),
  meanMm: z.number().optional(),
  /** Of the Jacobian in the body: above 0 nothing folds. */
  smallestDeterminant: z.number().optional(),
});
export type TriedDeformation = z.infer<typeof triedDeformation>;

/** An alignment as it stands in a summary: without its field, its reason with that of the deformation. */
export function alignmentFacts({ deformation: _, ...alignment }: EmissionAlignment) {
  const { reason, deformable } = alignment;
  return {
    ...alignment,
    matrix: [...alignment.matrix],
    reason: deformable === undefined ? reason : `${reason} ${deformable.reason}`,
  };
}
