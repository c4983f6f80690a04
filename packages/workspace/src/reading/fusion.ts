import type { PetctSummary, RunDetail } from '../api/index.ts';
import { identity, type Mat4 } from '../geometry/index.ts';

/** Whether PET and CT may be laid over each other, and by which transform from PET to CT. */
export type Fusion =
  | { readonly isAllowed: true; readonly petToCt: Mat4; readonly isMoved: boolean }
  | { readonly isAllowed: false; readonly reason: string };

/** The summary of the petct-oncology pipeline, if that is what the run wrote. */
export function petctSummary(run: RunDetail | undefined): PetctSummary | undefined {
  const summary = run?.summary as Partial<PetctSummary> | null | undefined;
  return summary?.schema === 'photopeak/petct-oncology/summary/1' ? (summary as PetctSummary) : undefined;
}

/** Nothing is fused without a registration result that says it may be. */
export function decideFusion(summary: PetctSummary | undefined): Fusion {
  const registration = summary?.registration;
  if (registration === null || registration === undefined) {
    return { isAllowed: false, reason: 'There is no registration result for this study.' };
  }
  if (registration.used === 'none') return { isAllowed: false, reason: registration.reason };
  const isMoved = registration.used !== 'identity';
  return { isAllowed: true, petToCt: isMoved ? registration.matrix : identity, isMoved };
}
