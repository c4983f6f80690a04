import type { TracerName } from '@photopeak/analysis';
import { z } from 'zod';
import { petctParameters } from '../petct-oncology/parts.ts';

const CRITERIA = ['percist', 'deauville', 'lugano', 'recip', 'recist'] as const;

/** Parameters of prior-comparison; the first six as in petct-oncology, the same for every examination. */
export const comparisonParameters = z.strictObject({
  tracer: petctParameters.shape.tracer,
  threshold: petctParameters.shape.threshold,
  uptakeCalibration: petctParameters.shape.uptakeCalibration,
  minimumMl: petctParameters.shape.minimumMl,
  segmentation: petctParameters.shape.segmentation,
  captures: petctParameters.shape.captures,
  /** How studies from before are brought to the current one; a deformation is used only where it is better. */
  registration: z.enum(['rigid', 'deformable']).default('deformable'),
  /** Which response criteria are judged. Null: those of the tracer, PERCIST or RECIP, and a draft of RECIST 1.1. */
  criteria: z.array(z.enum(CRITERIA)).nullable().default(null),
  /** Lean body mass by which SUL is computed. */
  sul: z.enum(['janmahasatian', 'james']).default('janmahasatian'),
  /**
   * Resolution of the PET in mm FWHM, of the studies from before and of the current one: the finer is filtered to the
   * coarser before anything is measured. Null: nothing is filtered.
   */
  priorFwhmMm: z.number().min(1).max(20).nullable().default(null),
  currentFwhmMm: z.number().min(1).max(20).nullable().default(null),
});

export type ComparisonParameters = z.infer<typeof comparisonParameters>;

export type CriteriaName = (typeof CRITERIA)[number];

/** What is judged where nothing is asked for. */
export function criteriaOf(
  { criteria }: Pick<ComparisonParameters, 'criteria'>,
  tracer: TracerName | undefined,
): readonly CriteriaName[] {
  if (criteria !== null) return criteria;
  if (tracer === 'psma' || tracer === 'psma-1007') return ['recip', 'recist'];
  return tracer === 'fdg' ? ['percist', 'recist'] : ['recist'];
}
