import {
  type CtAnatomy,
  type FoundLesions,
  findLesions,
  type OrganAnatomy,
  type TracerName,
} from '@photopeak/analysis';
import type { Mat4, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import { type PetctParameters, thresholdRule } from './parameters.ts';

export interface FindInput {
  /** SUVbw. */
  readonly pet: Volume;
  readonly anatomy: CtAnatomy;
  readonly organs: OrganAnatomy | null;
  /** PET to CT, LPS mm. */
  readonly petToCt: Mat4;
  readonly tracer: TracerName;
  readonly parameters: Pick<PetctParameters, 'threshold' | 'minimumMl' | 'uptakeCalibration'>;
}

/** Candidates above the threshold, told apart into lesions and physiological uptake. */
export const findLesionsStep: Step<FindInput, FoundLesions> = {
  name: 'lesions',
  version: '2',
  resource: 'cpu',
  run: ({ pet, anatomy, organs, petToCt, tracer, parameters }) =>
    findLesions(pet, anatomy, {
      tracer,
      ...(organs === null ? {} : { organs }),
      threshold: thresholdRule(parameters.threshold),
      smallestMl: parameters.minimumMl,
      ctFromPet: petToCt,
      calibration: parameters.uptakeCalibration,
    }),
};
