import { matchResolution } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

/** The PET as seen with a coarser resolution, both FWHM in mm. */
export const filterPet: Step<
  { readonly pet: Volume; readonly fromMm: number; readonly toMm: number },
  { readonly pet: Volume }
> = {
  name: 'match-resolution',
  version: '1',
  resource: 'cpu',
  run: async ({ pet, fromMm, toMm }) => ({ pet: await matchResolution(pet, fromMm, toMm) }),
};
