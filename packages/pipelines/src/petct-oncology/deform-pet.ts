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

/** A region that is off by less gains nothing by a deformation of PET and CT, which is right to about 3 mm. */
const WORTH_DEFORMING_MM = 6;

/** Whether a deformation is tried: by itself only where a region of the body is clearly off. */
export function isWorthDeforming(alignment: Alignment, when: PetctParameters['deformable']): boolean {
  const { used, deformation, score, byHand } = alignment;
  if (when === 'never' || used === 'none' || deformation !== undefined) return false;
  // What a person set stays unless it is asked for.
  if (when === 'auto' && byHand !== undefined) return false;
  if (score === null || score.score === null) return false;
  if (score.doubts.some(({ kind }) => kind === 'flipped' || kind === 'other patient')) return false;
  return (
    when === 'always' ||
    score.regions.some(({ misalignmentMm }) => (misalignmentMm ?? 0) >= WORTH_DEFORMING_MM)
  );
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
      const { largestMm, meanMm, folds, surfaces, heldOutShare } = found.evidence;
      const deformedScore = surfaces?.deformed.score ?? null;
      const facts = { largestMm, meanMm, smallestDeterminant: folds.smallest, linearScore, deformedScore };
      if (found.used === 'rigid' || surfaces === undefined) {
        const reason = `A deformation of the PET to the CT was tried and is not used: ${found.against}.`;
        return { ...alignment, deformable: { used: false, reason, ...facts } };
      }
      const percent = (100 * (heldOutShare ?? 0)).toFixed(1);
      const reason = `Beyond that the PET is deformed to the CT, by up to ${largestMm.toFixed(0)} mm: it scores ${deformedScore} instead of ${linearScore}, and parts of the images that took no part fit better by ${percent} %.`;
      // A proposal to move the PET rigidly was about the alignment without the deformation.
      const { proposal: _, ...kept } = alignment;
      return {
        ...kept,
        deformation: found.deformation,
        score: scoreFacts(surfaces.deformed),
        deformable: { used: true, reason, ...facts },
      };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      const reason = `No deformation was possible: ${error.message}.`;
      return { ...alignment, deformable: { used: false, reason, linearScore, deformedScore: null } };
    }
  },
};
