import { type CtAnatomy, registerDeformable } from '@photopeak/analysis';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { Alignment } from './alignment.ts';
import type { PetctParameters } from './parameters.ts';
import { scoreFacts } from './score-alignment.ts';

export interface DeformInput {
  readonly ct: Volume;
  readonly pet: Volume;
  readonly anatomy: CtAnatomy;
  readonly alignment: Alignment;
}

/** Whether a deformation is tried: by itself only where the score says that something is off. */
export function isWorthDeforming(alignment: Alignment, when: PetctParameters['deformable']): boolean {
  const { used, deformation, score } = alignment;
  if (when === 'never' || used === 'none' || deformation !== undefined) return false;
  if (score === null || score.score === null) return false;
  if (score.doubts.some(({ kind }) => kind === 'flipped' || kind === 'other patient')) return false;
  return when === 'always' || score.class !== 'green';
}

/**
 * Deforms the PET to the CT beyond the alignment in use, which stays its linear part, and takes it over only where it
 * is better by what was held back of it (docs/registration.md).
 */
export const deformPet: Step<DeformInput, Alignment> = {
  name: 'deform',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, pet, anatomy, alignment }) => {
    const linearScore = alignment.score?.score ?? null;
    try {
      const found = await registerDeformable(ct, pet, {
        ...{ kind: 'pet-ct', initial: alignment.matrix, keepInitial: true, anatomy },
      });
      const { evidence, reason } = found;
      const { largestMm, meanMm, folds, surfaces } = evidence;
      const facts = { reason, largestMm, meanMm, smallestDeterminant: folds.smallest, linearScore };
      const triedScore = surfaces?.deformed.score ?? null;
      if (found.used === 'rigid' || surfaces === undefined) {
        return { ...alignment, deformable: { used: false, ...facts, deformedScore: triedScore } };
      }
      // A proposal to move the PET rigidly was about the alignment without the deformation.
      const { proposal: _, ...kept } = alignment;
      return {
        ...kept,
        deformation: found.deformation,
        score: scoreFacts(surfaces.deformed),
        deformable: { used: true, ...facts, deformedScore: triedScore },
      };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      const reason = `No deformation was possible: ${error.message}.`;
      return { ...alignment, deformable: { used: false, reason, linearScore, deformedScore: null } };
    }
  },
};
