import { describe, expect, it } from 'vitest';
import { type MrHeader, mrRole } from './mr-role.ts';

const header = (change: Partial<MrHeader>): MrHeader => ({
  imageType: ['ORIGINAL', 'PRIMARY', 'M'],
  description: '',
  sequenceName: '',
  scanningSequence: ['GR'],
  echoMs: null,
  repetitionMs: null,
  ...change,
});

describe('what an MR series shows', () => {
  it.each([
    ['Siemens in-phase', { imageType: ['ORIGINAL', 'PRIMARY', 'M', 'IN_PHASE', 'DIS2D'] }, 'inPhase'],
    ['Siemens water', { imageType: ['DERIVED', 'PRIMARY', 'DIXON', 'WATER'] }, 'water'],
    ['Philips opposed-phase', { imageType: ['ORIGINAL', 'PRIMARY', 'OP', 'OP', 'DERIVED'] }, 'opposedPhase'],
    ['Philips fat', { imageType: ['ORIGINAL', 'PRIMARY', 'F', 'F', 'DERIVED'] }, 'fat'],
    ['GE water by name', { description: 'WATER: LAVA-Flex' }, 'water'],
    ['Siemens by name', { description: 't1_vibe_dixon_tra_bh_opp' }, 'opposedPhase'],
    ['an ADC map', { imageType: ['DERIVED', 'PRIMARY', 'DIFFUSION', 'ADC', 'DIS2D'] }, 'adc'],
    ['diffusion', { imageType: ['ORIGINAL', 'PRIMARY', 'DIFFUSION', 'NONE'] }, 'diffusion'],
    ['the map of an mMR', { description: 'Thorax_MRAC_PET_15_min_in UMAP' }, 'attenuation map'],
    ['a map by name', { description: 'mu-map WB' }, 'attenuation map'],
    [
      'the Dixon behind a map',
      { description: 'MRAC_DIXON_in', imageType: ['ORIGINAL', 'PRIMARY', 'M', 'IN_PHASE'] },
      'inPhase',
    ],
    ['T2 by name', { description: 't2_haste_tra_mbh' }, 't2'],
    ['T2 by times', { scanningSequence: ['SE'], echoMs: 104, repetitionMs: 5660 }, 't2'],
    ['T1 by times', { scanningSequence: ['SE'], echoMs: 12, repetitionMs: 600 }, 't1'],
    ['no T1 by name alone of the fat', { description: 'fat saturated PD' }, 'other'],
    ['nothing known', {}, 'other'],
  ] as const)('%s', (_, change, role) => {
    expect(mrRole(header(change as Partial<MrHeader>))).toBe(role);
  });
});
