import { describe, expect, it } from 'vitest';
import type { CtExtentOutcome } from '../measurements/index.ts';
import { type DraftLesion, recistDraft } from './recist-draft.ts';

const mm = (longestMm: number, shortAxisMm = 0.8 * longestMm, sliceSpacingMm = 3): CtExtentOutcome => ({
  status: 'measured',
  longestMm,
  shortAxisMm,
  sliceSpacingMm,
  borderHu: -30,
  ends: [
    [0, 0, 0],
    [longestMm, 0, 0],
  ],
});
const hidden: CtExtentOutcome = { status: 'not-measured', reason: 'CT shows no border of it' };
const lesion = (
  id: string,
  organ: string,
  baseline: CtExtentOutcome | null,
  current: CtExtentOutcome | null,
  more: Partial<DraftLesion> = {},
): DraftLesion => ({ id, organ, isNode: false, baseline, current, isNew: false, ...more });
const node = (id: string, short: number, now: number) =>
  lesion(id, 'neck', mm(2 * short, short), mm(2 * now, now), { isNode: true });

describe('targets are proposed to a reader', () => {
  it('by their size, at most two of an organ, nodes by their short axis', () => {
    const { input, left } = recistDraft([
      lesion('T1', 'lung', mm(20), mm(12)),
      lesion('T2', 'lung', mm(30), mm(18)),
      lesion('T3', 'lung', mm(25), mm(25)),
      lesion('T4', 'lung', mm(9), mm(9)),
      node('T5', 18, 9),
      node('T6', 14, 9),
      lesion('T7', 'liver', hidden, hidden),
    ]);
    expect(input.targets.map(({ id, baselineMm, current }) => [id, baselineMm, current])).toEqual([
      ['T2', 30, 18],
      ['T3', 25, 25],
      ['T5', 18, 9],
    ]);
    expect(left.map(({ id }) => id).sort()).toEqual(['T1', 'T4', 'T6', 'T7']);
    expect(left.find(({ id }) => id === 'T6')?.reason).toContain('short axis 14.0 mm');
    expect(input.nonTargets).toBe('non-CR/non-PD');
  });

  it('and judged: 73 mm → 52 mm is stable, 51 mm a partial response; both say that they are drafts', () => {
    const judged = (now: number) =>
      recistDraft([
        lesion('T1', 'lung', mm(30), mm(18)),
        lesion('T2', 'lung', mm(25), mm(now)),
        node('T3', 18, 9),
      ]).assessment;
    expect(judged(25)).toMatchObject({ status: 'assessed', category: 'SD' });
    expect(judged(24)).toMatchObject({ status: 'assessed', category: 'PR' });
    expect(judged(24)).toMatchObject({
      cautions: expect.arrayContaining([expect.stringMatching(/^a draft/)]),
    });
  });
});

it('growth is told from the smallest sum between', () => {
  const grown = recistDraft([lesion('T1', 'lung', mm(30), mm(25), { between: [mm(20), null] })]);
  expect(grown).toMatchObject({ input: { nadirMm: 20 }, assessment: { category: 'PD' } });
});

describe('what cannot be told is not told', () => {
  it('a target whose uptake is gone is not gone on CT', () => {
    const { input, assessment } = recistDraft([lesion('T1', 'lung', mm(30), null)]);
    expect(input.targets[0]!.current).toBe('not-evaluable');
    expect(assessment).toMatchObject({
      category: 'NE',
      cautions: expect.arrayContaining([expect.stringContaining('its uptake is gone')]),
    });
  });

  it('new uptake that CT does not delimit is equivocal, a nodule of 12 mm is new', () => {
    const before = lesion('T1', 'lung', mm(20), mm(20));
    const withNew = (current: CtExtentOutcome, isNew: DraftLesion['isNew'] = true) =>
      recistDraft([before, lesion('T2', 'bone', null, current, { isNew })]);
    expect(withNew(hidden)).toMatchObject({
      input: { newLesions: 'equivocal' },
      assessment: { category: 'SD' },
    });
    expect(withNew(mm(12))).toMatchObject({ input: { newLesions: 'yes' }, assessment: { category: 'PD' } });
    expect(withNew(mm(12), 'doubtful').input.newLesions).toBe('equivocal');
  });

  it('without any lesion that CT delimits there are non-target lesions only', () => {
    const { assessment } = recistDraft([lesion('T1', 'liver', hidden, hidden)]);
    expect(assessment).toMatchObject({ status: 'assessed', category: 'non-CR/non-PD' });
    expect(recistDraft([]).assessment.status).toBe('not-assessable');
  });

  it('on slices of 8 mm a target has at least 16 mm', () => {
    expect(recistDraft([lesion('T1', 'lung', mm(15, 12, 8), mm(15, 12, 8))]).input.targets).toEqual([]);
  });
});
