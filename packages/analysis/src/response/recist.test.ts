import { describe, expect, it } from 'vitest';
import { type RecistInput, type RecistTarget, recist } from './index.ts';

const target = (baselineMm: number, current: RecistTarget['current'], isNode = false, organ?: string) => ({
  id: 'T',
  organ: organ ?? (isNode ? 'node' : 'lung'),
  isNode,
  baselineMm,
  current,
});

function category(targets: readonly RecistTarget[], change: Partial<RecistInput> = {}): string {
  const result = recist({ targets, nonTargets: 'none', newLesions: 'no', ...change });
  return result.status === 'assessed' ? result.category : result.reasons.join('; ');
}

describe('RECIST 1.1, target lesions', () => {
  it.each([
    [50, 35, 50, 'PR', '−30 % exactly'],
    [70, 49, 70, 'PR', '−30 % is −0.29999999999999993… in binary'],
    [50, 35.1, 50, 'SD', '−29.8 %'],
    [50, 60, 50, 'PD', '+20 % and 10 mm'],
    [20, 24, 20, 'SD', '+20 %, but only 4 mm'],
    [25, 30, 25, 'PD', '+20 % and 5 mm, both on the limit'],
    [50, 41, 34, 'PD', '+20.6 % and 7 mm from the nadir, though below baseline'],
    [50, 40, 34, 'SD', '+17.6 % from the nadir'],
    [50, 39, 33, 'SD', '+18 %'],
    [100, 34, 30, 'PR', 'a rise of 4 mm from the nadir is none'],
  ])('sum %d → %d mm, nadir %d: %s (%s)', (from, to, nadirMm, expected) => {
    expect(category([target(from, to)], { nadirMm })).toBe(expected);
  });

  it('adds 0.1 and 0.2 as people do', () => {
    // 10.1 + 10.2 + 10.4 = 30.7; −30 % is 21.49.
    const targets = [target(10.1, 7.1), target(10.2, 7.2, false, 'liver'), target(10.4, 7.19, false, 'bone')];
    expect(category(targets)).toBe('PR');
  });

  it('is complete with nodes below 10 mm, though their sum is not zero', () => {
    expect(category([target(20, 'absent'), target(18, 9.9, true)])).toBe('CR');
    expect(category([target(20, 'absent'), target(18, 10, true)])).toBe('PR');
    expect(category([target(20, 'too-small')])).toBe('PR');
  });

  it('returns from complete response only by progression', () => {
    expect(category([target(20, 8)], { nadirMm: 0 })).toBe('PD');
    expect(category([target(20, 4)], { nadirMm: 0 })).toBe('PR');
  });

  it('is not evaluable where a target is missing, but progresses by what is seen', () => {
    const other = target(20, 'not-evaluable', false, 'liver');
    expect(category([target(20, 14), other])).toBe('NE');
    expect(category([target(20, 50), other])).toBe('PD');
  });
});

describe('RECIST 1.1, overall', () => {
  const targets = {
    CR: [target(20, 'absent')],
    PR: [target(20, 10)],
    SD: [target(20, 20)],
    PD: [target(20, 30)],
    NE: [target(20, 'not-evaluable')],
  } as const;

  it.each([
    ['CR', 'none', 'no', 'CR'],
    ['CR', 'CR', 'no', 'CR'],
    ['CR', 'non-CR/non-PD', 'no', 'PR'],
    ['CR', 'NE', 'no', 'PR'],
    ['PR', 'non-CR/non-PD', 'no', 'PR'],
    ['PR', 'NE', 'no', 'PR'],
    ['SD', 'CR', 'no', 'SD'],
    ['SD', 'NE', 'no', 'SD'],
    ['NE', 'non-CR/non-PD', 'no', 'NE'],
    ['PD', 'CR', 'no', 'PD'],
    ['CR', 'PD', 'no', 'PD'],
    ['NE', 'PD', 'no', 'PD'],
    ['CR', 'CR', 'yes', 'PD'],
    ['NE', 'NE', 'yes', 'PD'],
    ['CR', 'CR', 'equivocal', 'CR'],
  ] as const)('target %s, non-target %s, new lesion %s: %s', (of, nonTargets, newLesions, expected) => {
    expect(category(targets[of], { nonTargets, newLesions })).toBe(expected);
  });

  it.each([
    ['CR', 'no', 'CR'],
    ['non-CR/non-PD', 'no', 'non-CR/non-PD'],
    ['NE', 'no', 'NE'],
    ['PD', 'no', 'PD'],
    ['CR', 'yes', 'PD'],
  ] as const)('without targets: non-target %s, new lesion %s: %s', (nonTargets, newLesions, expected) => {
    expect(category([], { nonTargets, newLesions })).toBe(expected);
  });
});

describe('RECIST 1.1 refuses', () => {
  it('lesions that cannot be targets', () => {
    expect(category([target(9, 8)])).toContain('at least 10 mm');
    expect(category([target(14, 8, true)])).toContain('at least 15 mm');
    expect(category([target(13, 8)], { sliceSpacingMm: 7 })).toContain('at least 14 mm');
    expect(category([target(15, 8)], { sliceSpacingMm: 5 })).toBe('PR');
    expect(category(Array.from({ length: 3 }, () => target(20, 10)))).toContain('3 target lesions in lung');
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((organ) => target(20, 10, false, organ));
    expect(category(many)).toContain('6 target lesions');
    expect(category([target(20, 10)], { nadirMm: 25 })).toContain('above the sum at baseline');
    expect(category([])).toContain('neither');
  });
});
