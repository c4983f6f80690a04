import { describe, expect, it } from 'vitest';
import { chooseTomograms } from './choose-tomograms.ts';
import type { TomogramFacts } from './tomogram-facts.ts';

const facts = (seriesInstanceUid: string, given: Partial<TomogramFacts> = {}): TomogramFacts => ({
  studyInstanceUid: '1',
  seriesInstanceUid,
  seriesNumber: null,
  modality: 'NM',
  description: seriesInstanceUid,
  acquiredAt: '20250101 080000',
  stacks: [''],
  isGated: false,
  state: 'stress',
  attenuationCorrected: true,
  view: 'transaxial',
  tracer: '',
  refusal: null,
  ...given,
});

describe('stress and rest are chosen', () => {
  it('with the wanted correction, transaxial, the sum beside its gates', () => {
    const series = [
      facts('nac', { attenuationCorrected: false }),
      facts('sa', { view: 'short axis' }),
      facts('gated', { isGated: true, stacks: ['1', '2'] }),
      facts('ac'),
      facts('rest', { state: 'rest' }),
      facts('raw', { refusal: 'not a volume' }),
    ];
    const { states, rejected } = chooseTomograms(series, 'corrected');
    expect(
      states.map(({ state, perfusion, gated }) => [
        state,
        perfusion.seriesInstanceUid,
        gated?.seriesInstanceUid,
      ]),
    ).toEqual([
      ['stress', 'ac', 'gated'],
      ['rest', 'rest', undefined],
    ]);
    expect(rejected.map(({ series: one }) => one.seriesInstanceUid)).toEqual(['nac', 'sa', 'raw']);
    expect(rejected[2]!.reason).toBe('not a volume');
    expect(chooseTomograms(series, 'uncorrected').states[0]!.perfusion.seriesInstanceUid).toBe('nac');
  });

  it('from the gates where there is nothing else, and the later of two that are alike', () => {
    const gated = facts('gated', { isGated: true, stacks: ['1', '2', '3', '4'] });
    expect(chooseTomograms([gated], 'corrected').states[0]).toMatchObject({
      perfusion: gated,
      gated,
      reason: expect.stringContaining('sum of the gates'),
    });
    const later = facts('b', { acquiredAt: '20250101 090000' });
    expect(chooseTomograms([facts('a'), later], 'corrected').states[0]!.perfusion).toBe(later);
  });

  it('not by guessing: what names no state is left out beside what does', () => {
    const unnamed = facts('unnamed', { state: null });
    const { states, rejected } = chooseTomograms([unnamed, facts('stress')], 'corrected');
    expect(states).toHaveLength(1);
    expect(rejected[0]!.reason).toBe('does not say whether it is stress or rest');
    expect(chooseTomograms([unnamed], 'corrected').states[0]!.state).toBeNull();
  });
});
