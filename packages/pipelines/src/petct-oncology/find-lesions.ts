import {
  type CtAnatomy,
  type Deformation,
  deformAnatomy,
  deformLabels,
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
  /** From the CT to the PET, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
  readonly parameters: Pick<PetctParameters, 'threshold' | 'minimumMl' | 'uptakeCalibration'>;
}

/** Candidates above the threshold, told apart into lesions and physiological uptake. */
export const findLesionsStep: Step<FindInput, FoundLesions> = {
  name: 'lesions',
  version: '4',
  resource: 'cpu',
  // The CT is read as the body lay during the PET, which stays as it was measured.
  run: async ({ pet, anatomy, organs, petToCt, deformation, tracer, parameters }) =>
    findLesions(pet, deformation === undefined ? anatomy : await deformAnatomy(anatomy, deformation), {
      tracer,
      ...(organs === null ? {} : { organs: await deformLabels(organs, deformation) }),
      threshold: thresholdRule(parameters.threshold),
      smallestMl: parameters.minimumMl,
      ctFromPet: petToCt,
      calibration: parameters.uptakeCalibration,
    }),
};
