import { describe, expect, it } from 'vitest';
import { choosePetAndCt, type PetFacts, type SeriesFacts } from './index.ts';

const volume = {
  slices: 200,
  normal: [0, 0, 1],
  headFeetMm: [-900, 0],
  sliceSpacingMm: 4,
  pixelSpacingMm: 4,
} as const;

const facts = (uid: string, change: Partial<SeriesFacts> = {}): SeriesFacts => ({
  seriesInstanceUid: uid,
  seriesNumber: null,
  modality: 'CT',
  description: uid,
  instanceCount: 200,
  frameOfReferenceUid: 'F1',
  imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
  acquiredAt: '2024-03-01T11:00:00',
  volume,
  pet: null,
  kernel: null,
  isOwnResult: false,
  ...change,
});

const petFacts: PetFacts = {
  units: 'BQML',
  correctedImage: ['DECY', 'ATTN'],
  seriesType: 'WHOLE BODY IMAGE',
  suv: 'computable',
};
const pet = (uid: string, change: Partial<SeriesFacts> = {}, attributes: Partial<PetFacts> = {}) =>
  facts(uid, { modality: 'PT', pet: { ...petFacts, ...attributes }, ...change });

const reasonOf = (pairing: ReturnType<typeof choosePetAndCt>, uid: string) =>
  pairing.rejected.find(({ series }) => series.seriesInstanceUid === uid)?.reason;

describe('choosing PET and CT', () => {
  it('takes the corrected PET and the CT of its frame, and gives each other series a reason', () => {
    const pairing = choosePetAndCt([
      facts('scout', { imageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }),
      pet('nac', {}, { correctedImage: ['DECY'] }),
      pet('counts', {}, { units: 'PROPCNTS' }),
      facts('capture', { modality: 'OT', volume: { reason: 'a secondary capture' } }),
      facts('other-frame', { frameOfReferenceUid: 'F2' }),
      facts('ct'),
      pet('pet'),
      facts('coronal', { volume: { ...volume, normal: [0, 1, 0] } }),
    ]);
    expect(pairing.pet?.series.seriesInstanceUid).toBe('pet');
    expect(pairing.ct?.series.seriesInstanceUid).toBe('ct');
    expect(pairing.frameOfReferenceShared).toBe(true);
    expect(pairing.rejected).toHaveLength(6);
    expect(reasonOf(pairing, 'scout')).toContain('scout');
    expect(reasonOf(pairing, 'nac')).toContain('not attenuation corrected');
    expect(reasonOf(pairing, 'counts')).toContain('PROPCNTS');
    expect(reasonOf(pairing, 'other-frame')).toContain('frame of reference');
    expect(reasonOf(pairing, 'coronal')).toContain('head to feet');
  });

  it('prefers, of several reconstructions, the one with a SUV, then the original, then the finer', () => {
    const pairing = choosePetAndCt([
      pet('no-suv', {}, { suv: { reason: 'patient weight is missing' } }),
      pet('derived', { imageType: ['DERIVED', 'PRIMARY'] }),
      pet('coarse', { volume: { ...volume, sliceSpacingMm: 5 } }),
      pet('fine', { volume: { ...volume, sliceSpacingMm: 3 } }),
    ]);
    expect(pairing.pet?.series.seriesInstanceUid).toBe('fine');
    expect(reasonOf(pairing, 'no-suv')).toContain('SUV can be computed');
    expect(reasonOf(pairing, 'derived')).toContain('original');
    expect(reasonOf(pairing, 'coarse')).toContain('finer');
  });

  it('prefers a soft kernel, and refuses a CT that covers too little of the PET', () => {
    const pairing = choosePetAndCt([
      pet('pet'),
      facts('lung', { kernel: 'B70f' }),
      facts('soft', { kernel: 'B30f' }),
      facts('head', { volume: { ...volume, headFeetMm: [-200, 0] } }),
    ]);
    expect(pairing.ct?.series.seriesInstanceUid).toBe('soft');
    expect(reasonOf(pairing, 'lung')).toContain('kernel');
    expect(reasonOf(pairing, 'head')).toContain('covers');
  });

  it('says that frames of reference differ, and does not take a result of its own as input', () => {
    const pairing = choosePetAndCt([
      pet('pet'),
      facts('ct', { frameOfReferenceUid: 'F2' }),
      facts('own', { isOwnResult: true }),
    ]);
    expect(pairing.frameOfReferenceShared).toBe(false);
    expect(pairing.ct?.series.seriesInstanceUid).toBe('ct');
    expect(reasonOf(pairing, 'own')).toContain('result of Photopeak');
  });

  it('does not depend on the order of the series', () => {
    const series = [pet('a'), pet('b'), facts('c'), facts('d')];
    const forward = choosePetAndCt(series);
    const backward = choosePetAndCt([...series].reverse());
    expect(backward.pet?.series.seriesInstanceUid).toBe(forward.pet?.series.seriesInstanceUid);
    expect(backward.ct?.series.seriesInstanceUid).toBe(forward.ct?.series.seriesInstanceUid);
  });

  it('pairs nothing where there is nothing', () => {
    expect(choosePetAndCt([])).toMatchObject({ pet: null, ct: null, rejected: [] });
    expect(choosePetAndCt([facts('ct')])).toMatchObject({
      pet: null,
      ct: { reason: 'the only axial CT volume' },
    });
  });
});
