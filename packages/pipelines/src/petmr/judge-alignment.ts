import { type CtAnatomy, registrationScore } from '@photopeak/analysis';
import type { Mat4, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { PetmrSummary } from './summary.ts';

export interface JudgeInput {
  readonly anatomy: CtAnatomy;
  readonly pet: Volume;
  /** PET to MR, LPS mm. */
  readonly petToMr: Mat4;
}

export type JudgedAlignment = Pick<NonNullable<PetmrSummary['alignment']>, 'regions' | 'notJudged'>;

/**
 * How far PET and MR lie apart in each region, by what both show: lung against liver and heart, the skin. The points of
 * the score and its doubts are calibrated for CT and are not taken over.
 */
export const judgeAlignment: Step<JudgeInput, JudgedAlignment> = {
  name: 'alignment',
  version: '1',
  resource: 'cpu',
  run: async ({ anatomy, pet, petToMr }) => {
    const { regions, unjudged } = await registrationScore(anatomy.ct, pet, { anatomy, ctFromPet: petToMr });
    return {
      regions: regions.map(({ name, mm, shift }) => ({ name, misalignmentMm: mm, shiftMm: [...shift] })),
      notJudged: [...unjudged],
    };
  },
};
