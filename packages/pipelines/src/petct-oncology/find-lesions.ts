import { type CtAnatomy, type FoundLesions, findLesions } from '@photopeak/analysis';
import type { Mat4, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import { type PetctParameters, thresholdRule } from './parameters.ts';

export interface FindInput {
  /** SUVbw. */
  readonly pet: Volume;
  readonly anatomy: CtAnatomy;
  /** PET to CT, LPS mm. */
  readonly petToCt: Mat4;
  readonly parameters: Pick<PetctParameters, 'threshold' | 'minimumMl'>;
}

/** Candidates above the threshold, told apart into lesions and physiological uptake. */
export const findLesionsStep: Step<FindInput, FoundLesions> = {
  name: 'lesions',
  version: '1',
  resource: 'cpu',
  run: ({ pet, anatomy, petToCt, parameters }) =>
    findLesions(pet, anatomy, {
      threshold: thresholdRule(parameters.threshold),
      smallestMl: parameters.minimumMl,
      ctFromPet: petToCt,
    }),
};
