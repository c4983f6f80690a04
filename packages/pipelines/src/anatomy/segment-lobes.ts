import { type CtAnatomy, type LungLobes, segmentLobes } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

/** The lobes of the lungs by the fissures that the CT shows. */
export const segmentLobesStep: Step<{ readonly ct: Volume; readonly anatomy: CtAnatomy }, LungLobes> = {
  name: 'lobes',
  version: '1',
  resource: 'cpu',
  run: ({ ct, anatomy }) => segmentLobes(ct, anatomy),
};
