import { describe, expect, it } from 'vitest';
import { type PercistInput, type PercistOptions, percist } from './index.ts';

/** A liver so cold that nothing in a table of changes falls below it by accident: measurable from 0.7. */
const COLD = { liver: { mean: 0.4, sd: 0.05 }, bloodPool: { mean: 0.3, sd: 0.05 } };
const USUAL = { liver: { mean: 1.8, sd: 0.2 }, bloodPool: { mean: 1.2, sd: 0.15 } };

const lesion = (id: string, sulPeak: number, tlg: number | null = null, organ = 'lung') => ({
  id,
  sulPeak,
  tlg,
  organ,
});

function input(from: number, to: number, change: Partial<PercistInput> = {}): PercistInput {
  return {
    baseline: { ...COLD, lesions: [lesion('B', from)] },
    current: { ...COLD, lesions: [lesion('C', to)] },
    newLesions: [],
    pairs: [{ baseline: 'B', current: 'C' }],
    ...change,
  };
}

const category = (given: PercistInput, options?: PercistOptions) => {
  const result = percist(given, options);
  return result.status === 'assessed' ? result.category : result.reasons.join('; ');
};

describe('PERCIST by the change of SULpeak', () => {
  it.each([
    // From, to, percent and difference in decimal, and what both make of it.
    [6.0, 4.2, 'PMR', '-30.0 %, -1.8'],
    [7.0, 4.9, 'PMR', '-30 % is -0.29999999999999993 in binary'],
    [3.4, 2.6, 'SMD', '-23.5 %, -0.8'],
    [2.6, 1.8, 'PMR', '-30.8 %, -0.8 exactly'],
    [6.0, 4.21, 'SMD', '-29.8 %'],
    [2.4, 1.65, 'SMD', '-31 %, but only -0.75'],
    [2.4, 1.6, 'PMR', '-33 %, -0.8 is -0.7999999999999998 in binary'],
    [2.4, 3.2, 'PMD', '+33 %, +0.8'],
    [2.0, 2.6, 'SMD', '+30 %, but only +0.6'],
    [2.6, 3.4, 'PMD', '+30.8 %, +0.8 is 0.7999999999999998 in binary'],
    [10, 13, 'PMD', '+30.0 %'],
    [10, 12.99, 'SMD', '+29.9 %'],
    [1.0, 1.79, 'SMD', '+79 %, but only +0.79'],
    [1.0, 1.8, 'PMD', '+80 %, +0.8'],
    [5.0, 5.0, 'SMD', 'no change'],
  ])('%d → %d is %s (%s)', (from, to, expected) => {
    expect(category(input(from, to))).toBe(expected);
  });

  it('does not count a change on the limit where a site reads "more than"', () => {
    expect(category(input(10, 13), { inclusive: false })).toBe('SMD');
    expect(category(input(10, 13.01), { inclusive: false })).toBe('PMD');
    expect(category(input(6, 4.2), { inclusive: false })).toBe('PMR');
  });

  it('takes the hottest lesion of each scan, be it another one', () => {
    const other = input(10, 0, {
      baseline: { ...COLD, lesions: [lesion('A', 10), lesion('B', 6)] },
      current: { ...COLD, lesions: [lesion('a', 2), lesion('b', 6.5)] },
      pairs: [
        { baseline: 'A', current: 'a' },
        { baseline: 'B', current: 'b' },
      ],
    });
    const result = percist(other);
    expect(result).toMatchObject({ status: 'assessed', category: 'PMR' });
    expect(result.statements.map(({ text }) => text)).toContain(
      'hottest lesion A → b: SULpeak 10.00 → 6.50 (-3.50, -35.0 %)',
    );
  });

  it('is no partial response where a single lesion rises', () => {
    const mixed = input(10, 0, {
      baseline: { ...COLD, lesions: [lesion('A', 10), lesion('B', 3)] },
      current: { ...COLD, lesions: [lesion('a', 2), lesion('b', 6)] },
      pairs: [
        { baseline: 'A', current: 'a' },
        { baseline: 'B', current: 'b' },
      ],
    });
    const result = percist(mixed);
    expect(result).toMatchObject({ category: 'SMD' });
    expect(result.statements.at(-1)).toMatchObject({ holds: false });
    expect(result.statements.at(-1)?.text).toContain('b 3.00 → 6.00');
  });

  it('can be by the sum of five lesions, at most two of one organ', () => {
    const lesions = (factor: number, hottest: number) => [
      lesion('1', hottest, null, 'liver'),
      lesion('2', 9 * factor, null, 'liver'),
      lesion('3', 8.9 * factor, null, 'liver'),
      lesion('4', 5 * factor, null, 'bone'),
    ];
    const given = input(0, 0, {
      baseline: { ...COLD, lesions: lesions(1, 10) },
      current: { ...COLD, lesions: lesions(0.4, 9) },
      pairs: [],
    });
    expect(category(given)).toBe('SMD');
    const result = percist(given, { target: 'sum5' });
    expect(result).toMatchObject({ category: 'PMR' });
    // The third lesion of the liver is not in the sum: 10 + 9 + 5 → 9 + 3.6 + 2.
    expect(result.statements.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('3 → 3 lesions: SULpeak 24.00 → 14.60'),
    );
  });
});

describe('PERCIST by extent, new lesions and background', () => {
  const withTlg = (from: number, to: number, tlgFrom: number, tlgTo: number) =>
    input(from, to, {
      baseline: { ...COLD, lesions: [lesion('B', from, tlgFrom)] },
      current: { ...COLD, lesions: [lesion('C', to, tlgTo)] },
    });

  it.each([
    [6, 6, 100, 175, 'PMD', 'TLG +75 % without a fall'],
    [6, 6, 100, 174, 'SMD', 'TLG +74 %'],
    [6, 5.9, 100, 200, 'SMD', 'TLG +100 %, but SULpeak fell'],
    [1.0, 1.79, 100, 180, 'PMD', 'the rise of SULpeak does not count, that of TLG does'],
  ])('SULpeak %d → %d, TLG %d → %d: %s (%s)', (from, to, tlgFrom, tlgTo, expected) => {
    expect(category(withTlg(from, to, tlgFrom, tlgTo))).toBe(expected);
  });

  it('is progression with any new lesion, even where numbers cannot be compared', () => {
    expect(category(input(6, 2, { newLesions: ['N'] }))).toBe('PMD');
    const result = percist(input(6, 2, { newLesions: ['N'], notComparable: ['another tracer'] }));
    expect(result).toMatchObject({ category: 'PMD' });
    expect(result).toMatchObject({
      cautions: expect.arrayContaining([expect.stringContaining('another tracer')]),
    });
  });

  it('is complete only below liver and at blood pool, whatever the percentage', () => {
    const usual = (to: number, bloodPool: PercistInput['current']['bloodPool'] = USUAL.bloodPool) =>
      category({
        baseline: { ...USUAL, lesions: [lesion('B', 3.2)] },
        current: { ...USUAL, bloodPool, lesions: [lesion('C', to)] },
        newLesions: [],
        pairs: [],
      });
    // −50 % but above blood pool + 2 SD (1.5): partial. The same change is complete where the blood pool is warmer.
    expect(usual(1.6)).toBe('PMR');
    expect(usual(1.6, { mean: 1.5, sd: 0.1 })).toBe('CMR');
    expect(usual(1.4)).toBe('CMR');
    // On the liver's mean is not below it.
    expect(usual(1.8, { mean: 1.8, sd: 0.2 })).toBe('PMR');
    expect(usual(1.79, null)).toBe('CMR');
  });

  it('is complete where nothing is left, and says so where that cannot be judged', () => {
    const gone = input(6, 0, { current: { ...COLD, lesions: [] } });
    expect(category(gone)).toBe('CMR');
    const blind = percist(
      input(6, 1, { current: { liver: null, bloodPool: null, lesions: [lesion('C', 1)] } }),
    );
    expect(blind).toMatchObject({
      category: 'PMR',
      cautions: [expect.stringContaining('no liver reference')],
    });
  });
});

describe('PERCIST that cannot be assessed', () => {
  it('says why', () => {
    expect(category(input(6, 4, { notComparable: ['uptake time: 60 min before, 90 min now'] }))).toContain(
      '90 min now',
    );
    expect(
      category(input(6, 4, { baseline: { liver: null, bloodPool: null, lesions: [lesion('B', 6)] } })),
    ).toContain('neither liver nor blood pool');
    expect(category(input(6, 4, { baseline: { ...COLD, lesions: [] } }))).toContain('no lesion at baseline');
    // 1.5 · 1.8 + 2 · 0.2 = 3.1: the table's 2.4 → 1.65 could not be measured in a usual patient.
    expect(category(input(2.4, 1.65, { baseline: { ...USUAL, lesions: [lesion('B', 2.4)] } }))).toContain(
      'SULpeak 2.40, below 3.10',
    );
  });

  it('is measured against the blood pool where the liver cannot serve', () => {
    // 2.0 · 1.2 + 2 · 0.15 = 2.7
    const bloodOnly = (from: number) =>
      category(input(from, 1, { baseline: { ...USUAL, liver: null, lesions: [lesion('B', from)] } }));
    expect(bloodOnly(2.7)).toBe('PMR');
    expect(bloodOnly(2.69)).toContain('below 2.70');
  });

  it('shows digits enough to tell a change from its limit', () => {
    const result = percist(input(10, 7.00001));
    expect(result).toMatchObject({ category: 'SMD' });
    expect(result.statements.map(({ text }) => text).join('\n')).toContain('-29.9999 %');
  });
});
