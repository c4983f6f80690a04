import { type MrAnatomy, type MrImages, segmentMrAnatomy } from '@photopeak/analysis';
import type { Step } from '../pipeline.ts';

/** Body and lungs in the MR, with fat where there is a Dixon pair. */
export const segmentMr: Step<MrImages, MrAnatomy> = {
  name: 'anatomy',
  version: '1',
  resource: 'cpu',
  run: (images) => segmentMrAnatomy(images),
};
