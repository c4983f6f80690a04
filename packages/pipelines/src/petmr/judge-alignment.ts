import { type CtAnatomy, type Deformation, deformAnatomy, registrationScore } from '@photopeak/analysis';
import type { Mat4, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { PetmrSummary } from './summary.ts';

export interface JudgeInput {
  readonly anatomy: CtAnatomy;
  readonly pet: Volume;
  /** PET to MR, LPS mm. */
  readonly petToMr: Mat4;
  /** From the MR to the PET, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
}

export type JudgedAlignment = Pick<NonNullable<PetmrSummary['alignment']>, 'regions' | 'notJudged'>;

/**
 * How far PET and MR lie apart in each region, by what both show: lung against liver and heart, the skin. The points of
 * the score and its doubts are calibrated for CT and are not taken over.
 */
export const judgeAlignment: Step<JudgeInput, JudgedAlignment> = {
  name: 'alignment',
  version: '2',
  resource: 'cpu',
  run: async ({ anatomy: scanned, pet, petToMr, deformation }) => {
    const anatomy = deformation === undefined ? scanned : await deformAnatomy(scanned, deformation);
    const { regions, unjudged } = await registrationScore(scanned.ct, pet, { anatomy, ctFromPet: petToMr });
    return {
      regions: regions.map(({ name, mm, shift }) => ({ name, misalignmentMm: mm, shiftMm: [...shift] })),
      notJudged: [...unjudged],
    };
  },
};
