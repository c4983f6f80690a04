import { type CtAnatomy, segmentCtAnatomy } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

/** Body, lungs, airways and bone on the CT, on a working grid of about 3 mm. */
export const segmentAnatomy: Step<{ readonly ct: Volume }, CtAnatomy> = {
  name: 'anatomy',
  version: '1',
  resource: 'cpu',
  run: ({ ct }) => segmentCtAnatomy(ct),
};
