import { type CtAnatomy, type OrganAnatomy, segmentOrgans } from '@photopeak/analysis';
import type { Step } from '../pipeline.ts';

/** Organs and vertebrae on the working grid of the anatomy. */
export const segmentOrgansStep: Step<{ readonly anatomy: CtAnatomy }, OrganAnatomy> = {
  name: 'organs',
  version: '1',
  resource: 'cpu',
  run: ({ anatomy }) => segmentOrgans(anatomy),
};
