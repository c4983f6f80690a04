import { Dataset } from '@photopeak/dicom';
import { describe, expect, it } from 'vitest';
import type { PetFacts, VolumeFacts } from '../pairing/index.ts';
import { type CheckedPair, type CheckedSeries, inputChecks } from './input-checks.ts';

const volume: VolumeFacts = {
  slices: 200,
  normal: [0, 0, 1],
  headFeetMm: [-600, 300],
  sliceSpacingMm: 3,
  pixelSpacingMm: 3,
};

function series(
  modality: 'PT' | 'CT',
  change: {
    readonly volume?: Partial<VolumeFacts>;
    readonly at?: string;
    readonly pet?: Partial<PetFacts>;
    readonly header?: Parameters<typeof Dataset.of>[0];
  } = {},
): CheckedSeries {
  return {
    facts: {
      seriesInstanceUid: `1.${modality.length}`,
      seriesNumber: 1,
      modality,
      description: modality,
      instanceCount: 200,
      frameOfReferenceUid: '1.9',
      imageType: ['ORIGINAL', 'PRIMARY'],
      acquiredAt: change.at ?? '2026-11-23T10:00:00',
      volume: { ...volume, ...change.volume },
      pet:
        modality === 'CT'
          ? null
          : {
              units: 'BQML',
              correctedImage: ['DECY', 'ATTN', 'SCAT', 'DTIM', 'RAN'],
              seriesType: 'WHOLE BODY IMAGE',
              suv: 'computable',
              ...change.pet,
            },
      kernel: null,
      isOwnResult: false,
    },
    header: Dataset.of({ PatientPosition: 'HFS', ...change.header }),
  };
}

const codes = (pair: CheckedPair) => inputChecks(pair).map(({ code }) => code);

describe('checks of the input', () => {
  it('say nothing of a usual examination, nor of what is not there', () => {
    expect(
      inputChecks({
        pet: series('PT', { header: { ActualFrameDuration: 120000 } }),
        ct: series('CT', { header: { KVP: 120 } }),
      }),
    ).toEqual([]);
    expect(codes({ pet: series('PT'), ct: null })).toEqual([]);
    expect(codes({ pet: null, ct: null })).toEqual([]);
  });

  it.each<[string, Parameters<typeof series>[1], Parameters<typeof series>[1]]>([
    ['INPUT_VOXEL_SIZE', { volume: { pixelSpacingMm: 6.8 } }, {}],
    ['INPUT_CT_SLICES', {}, { volume: { sliceSpacingMm: 7 } }],
    ['INPUT_COVERAGE', {}, { volume: { headFeetMm: [-300, 300] } }],
    ['INPUT_TIME_APART', { at: '2026-11-23T14:30:00' }, {}],
    ['INPUT_POSITION_DIFFERS', {}, { header: { PatientPosition: 'FFS' } }],
    ['INPUT_CORRECTIONS', { pet: { correctedImage: ['DECY', 'ATTN', 'RAN'] } }, {}],
    ['INPUT_BED_TIME', { header: { ActualFrameDuration: 20000 } }, {}],
    ['INPUT_TUBE_VOLTAGE', {}, { header: { KVP: 60 } }],
  ])('%s', (code, pet, ct) => {
    const found = inputChecks({ pet: series('PT', pet), ct: series('CT', ct) });
    expect(found.map((finding) => finding.code)).toEqual([code]);
    expect(found[0]).toMatchObject({ severity: 'warning', remedy: expect.any(String) });
  });

  it('compare no positions of different frames of reference', () => {
    const ct = series('CT', { volume: { headFeetMm: [2000, 2900] } });
    const other = { ...ct, facts: { ...ct.facts, frameOfReferenceUid: '1.8' } };
    expect(codes({ pet: series('PT'), ct: other })).toEqual([]);
  });
});
