import { median } from '@photopeak/imaging';
import { z } from 'zod';
import { defineMethod } from '../method.ts';
import { knownBlur } from '../quality/known-blur.ts';

const parameters = z.strictObject({
  /** Half width of the block, voxels in plane. */
  radius: z.int().min(1).max(5).default(1),
  /** Half width across planes; 0: each plane by itself. */
  radiusPlanes: z.int().min(0).max(5).default(0),
});

/** Removes single outliers and keeps straight edges. */
export const medianFilter = defineMethod({
  id: 'median-filter',
  version: '1.0.0',
  task: 'denoise',
  title: 'Median filter',
  modalities: ['CT', 'MR', 'PT', 'NM', 'US'],
  parameters,
  qualityLimits: knownBlur,
  intendedUse:
    'Removal of single outliers and of moderate noise with edges kept where they stand. Not for detail.',
  limits: ['rounds corners and removes structures thinner than its radius', 'changes means next to edges'],
  reachPlanes: ({ radiusPlanes }) => radiusPlanes,
  async run({ volume, planes }, { radius, radiusPlanes }) {
    const across = planes === 'frames' ? 0 : radiusPlanes;
    return { volume: await median(volume, { radius: [radius, radius, across] }) };
  },
});
