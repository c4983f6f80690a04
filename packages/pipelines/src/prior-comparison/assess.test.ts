import type { ScanConditions } from '@photopeak/analysis';
import { describe, expect, it } from 'vitest';
import { type AssessInput, assess } from './assess.ts';
import type { ComparedTrack } from './compare.ts';
import type { ExaminationFacts } from './conditions.ts';

const conditions: ScanConditions = {
  uptakeMinutes: 60,
  injectedMbq: 300,
  weightKg: 70,
  glucoseMgPerDl: null,
  liverSul: 1.6,
  bloodPoolSul: 1.1,
  scanner: 'A B',
  radiopharmaceutical: 'FDG',
  reconstruction: null,
  filter: null,
  voxelMm: [4, 4, 3],
  decayCorrection: 'START',
};
const facts = (change: Partial<ExaminationFacts> = {}): ExaminationFacts => ({
  startedAt: null,
  conditions,
  sulPerSuv: 0.8,
  sulReason: null,
  liver: { mean: 2, sd: 0.2, max: 2.6 },
  bloodPool: { mean: 1.4, sd: 0.2, max: 1.9 },
  ...change,
});

type Values = (number | null)[];
/** A track by its SUVpeak at each examination. */
function track(peaks: Values, change: Partial<ComparedTrack> = {}): ComparedTrack {
  const first = peaks.findIndex((peak) => peak !== null);
  return {
    track: {
      first: { timePoint: first, lesion: 'L1' },
      at: peaks.map((peak) => (peak === null ? [] : ['L1'])),
      state: first === peaks.length - 1 ? 'new' : 'persisting',
      mergedInto: null,
      distanceMm: null,
      overlap: null,
    },
    position: [0, 0, 0],
    values: peaks.map((peak) =>
      peak === null
        ? null
        : { suvMax: peak + 1, suvPeak: peak, suvMean: peak / 2, mtvMl: 10, tlgG: 5 * peak, diameterMm: 25 },
    ),
    residual: null,
    doubt: null,
    ...change,
  };
}

function judged(tracks: readonly ComparedTrack[], change: Partial<AssessInput> = {}) {
  const count = tracks[0]!.values.length;
  return assess({
    facts: Array.from({ length: count }, () => facts()),
    tracks,
    names: tracks.map((_, index) => `T${index + 1}`),
    organs: tracks.map(() => undefined),
    isUsable: Array.from({ length: count }, () => true),
    criteria: ['percist'],
    ctExtents: [],
    ...change,
  }).map((one) => `${one.against}: ${one.status === 'assessed' ? one.category : one.reasons.join('; ')}`);
}

describe('response of a comparison', () => {
  it('is judged in SUL against the oldest study and the latest', () => {
    // 10 → 8 → 5 in SUV: −50 % since the first, −37.5 % since the second.
    expect(judged([track([10, 8, 5])])).toEqual(['0: PMR', '1: PMR']);
    expect(judged([track([10, 5, 6])])).toEqual(['0: PMR', '1: SMD']);
    expect(judged([track([10, 4, 8])])).toEqual(['0: SMD', '1: PMD']);
  });

  it('counts what is left of lesions that are gone', () => {
    const left = (suvPeak: number) => ({ residual: { suvMax: suvPeak, suvPeak, suvMean: suvPeak } });
    expect(judged([track([10, null], left(1.5))])).toEqual(['0: CMR']);
    // Above the blood pool: 1.4 + 2 · 0.2 = 1.8.
    expect(judged([track([10, null], left(1.9))])).toEqual(['0: PMR']);
  });

  it('does not count a lesion as new whose uptake was set aside before', () => {
    const doubt = 'uptake is there before, set aside as bowel';
    expect(judged([track([10, 5]), track([null, 4])])).toEqual(['0: PMD']);
    expect(judged([track([10, 5]), track([null, 4], { doubt })])).toEqual(['0: PMR']);
  });

  it('says what it lacks', () => {
    const noHeight = facts({ sulPerSuv: null, sulReason: 'patient height is missing' });
    expect(judged([track([10, 5])], { facts: [noHeight, facts()] })[0]).toContain('height is missing');
    expect(judged([track([10, 5])], { isUsable: [false, true] })[0]).toContain('registered');
    expect(judged([track([10, 5])], { isUsable: [true, false] })[0]).toContain('were not sought');
    const late = facts({ conditions: { ...conditions, uptakeMinutes: 95 } });
    expect(judged([track([10, 5])], { facts: [facts(), late] })[0]).toContain('95 min now');
  });

  it('calls nothing gone that the current scan does not show', () => {
    const criteria = ['percist', 'deauville', 'lugano', 'recip'] as const;
    const outside = judged([track([10, null])], { criteria: [...criteria] });
    expect(outside).toHaveLength(4);
    for (const one of outside) expect(one).toContain('what is left of T1 is not known');
    expect(judged([track([10, null]), track([null, 6])], { criteria: ['percist'] })).toEqual(['0: PMD']);
  });

  it('goes back to the oldest study that can be used', () => {
    expect(judged([track([null, 8, 5])], { isUsable: [false, true, true] })).toEqual(['1: PMR']);
  });

  it('judges the other criteria from the same lesions', () => {
    const tracks = [track([10, 5])];
    const criteria = ['deauville', 'lugano', 'recip'] as const;
    expect(judged(tracks, { criteria: [...criteria] })).toEqual(['0: 5', '0: PMR', '0: poor', '0: SD']);
  });

  it('proposes targets for RECIST 1.1 by their size on CT, and says which and why not others', () => {
    const size = (mm: number) => ({
      status: 'measured' as const,
      longestMm: mm,
      shortAxisMm: 0.7 * mm,
      sliceSpacingMm: 3,
      borderHu: -400,
      ends: [
        [0, 0, 0],
        [mm, 0, 0],
      ] as const,
    });
    const tracks = ['L1', 'L2', 'L3'].map((id) => {
      const one = track([8, 8]);
      return { ...one, track: { ...one.track, at: [[id], [id]] } };
    });
    const none = { status: 'not-measured' as const, reason: 'CT shows no border of it' };
    const [response] = assess({
      facts: [facts(), facts()],
      tracks,
      names: ['T1', 'T2', 'T3'],
      organs: ['Lung', 'Axilla', 'Liver'],
      isUsable: [true, true],
      criteria: ['recist'],
      ctExtents: [
        { L1: size(30), L2: size(25), L3: none },
        { L1: size(18), L2: size(20), L3: none },
      ],
    });
    // 30 + 17.5 mm (a node by its short axis) → 18 + 14 mm: −32.6 %.
    expect(response).toMatchObject({
      criteria: 'RECIST 1.1',
      status: 'assessed',
      category: 'PR',
      against: 0,
    });
    expect(response!.statements.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'target proposed: T1, lung, longest diameter 30.0 mm → 18.0 mm',
        'target proposed: T2, lymph nodes, short axis 17.5 mm → 14.0 mm',
        'T3 is no target: CT shows no border of it',
      ]),
    );
    expect(response).toMatchObject({ cautions: expect.arrayContaining([expect.stringMatching(/^a draft/)]) });
  });
});
