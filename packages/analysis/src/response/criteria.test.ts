import { describe, expect, it } from 'vitest';
import {
  type DeauvilleInput,
  deauville,
  deltaSuvMax,
  type LuganoInput,
  lugano,
  miTnm,
  type PsmaSite,
  psmaScore,
  recip,
} from './index.ts';

const LIVER = { mean: 2, max: 3 };
const BLOOD = { mean: 1.4, max: 1.8 };
const site = (suvMax: number, change: Partial<DeauvilleInput['sites'][number]> = {}) => ({
  id: 'a',
  suvMax,
  isNew: false,
  ...change,
});
const score = (sites: DeauvilleInput['sites'], options = {}) => {
  const result = deauville({ sites, liver: LIVER, bloodPool: BLOOD }, options);
  return result.status === 'assessed' ? result.category : result.reasons.join();
};

describe('Deauville', () => {
  it.each([
    [1.8, '2', 'on the blood pool is not above it'],
    [1.81, '3', 'above the blood pool'],
    [3.0, '3', 'on the liver is not above it'],
    [3.01, '4', 'above the liver'],
    [6.0, '4', 'twice the liver'],
    [6.01, '5', 'above twice the liver'],
  ])('SUVmax %d against blood pool 1.8 and liver 3.0: score %s (%s)', (suvMax, expected) => {
    expect(score([site(suvMax)])).toBe(expected);
  });

  it('depends on what is read of the liver, and from where it is marked', () => {
    expect(score([site(2.5)], { reference: 'mean' })).toBe('4');
    expect(score([site(4.1)], { reference: 'mean' })).toBe('5');
    expect(score([site(8)], { markedly: 3 })).toBe('4');
    // Three times 1.1 is 3.3000000000000003 in binary: 3.3 is on the limit, either way.
    const edge = { sites: [site(3.3)], liver: { mean: 1.1, max: 1.1 }, bloodPool: { mean: 0.5, max: 0.5 } };
    expect(deauville(edge, { markedly: 3 })).toMatchObject({ category: '4' });
  });

  it('is that of the worst site; new sites are 5, other disease X', () => {
    expect(score([site(1), site(4)])).toBe('4');
    expect(score([site(1), site(2, { isNew: true })])).toBe('5');
    expect(score([site(9, { unlikelyLymphoma: true }), site(1.7)])).toBe('2');
    expect(score([site(9, { unlikelyLymphoma: true, isNew: true })])).toBe('X');
    expect(score([])).toBe('1');
    expect(score([site(1.2, { background: 1.2 })])).toBe('1');
  });

  it('cannot be given without liver or blood pool', () => {
    expect(deauville({ sites: [site(4)], liver: null, bloodPool: BLOOD })).toMatchObject({
      status: 'not-assessable',
      reasons: [expect.stringContaining('liver')],
    });
    expect(deauville({ sites: [site(4)], liver: { mean: 2, max: null }, bloodPool: BLOOD }).status).toBe(
      'not-assessable',
    );
  });
});

describe('Lugano', () => {
  const given = (before: number | null, now: number, change: Partial<LuganoInput> = {}): LuganoInput => ({
    score: deauville({ sites: [site(now)], liver: LIVER, bloodPool: BLOOD }),
    lesions: [{ id: 'a', before, now }],
    newLesions: [],
    ...change,
  });
  const category = (input: LuganoInput) => {
    const result = lugano(input);
    return result.status === 'assessed' ? result.category : result.reasons.join();
  };

  it.each([
    [20, 3.0, 'CMR', 'score 3, whatever the fall'],
    [3.1, 3.0, 'CMR', 'score 3, hardly a fall'],
    [10, 7.0, 'PMR', 'score 5, −30 % exactly'],
    [7, 4.9, 'PMR', 'score 4, −30 % misses by the last bit in binary'],
    [10, 7.01, 'NMR', 'score 5, −29.9 %'],
    [10, 10, 'NMR', 'no change'],
    [10, 13, 'PMD', '+30 %'],
    [10, 12.9, 'NMR', '+29 %'],
  ])('SUVmax %d → %d: %s (%s)', (before, now, expected) => {
    expect(category(given(before, now))).toBe(expected);
  });

  it('is progression with a new focus, even at score 1 to 3 elsewhere', () => {
    expect(category(given(10, 1, { newLesions: ['n'] }))).toBe('PMD');
  });

  it('says why it cannot be assessed', () => {
    expect(category(given(null, 7))).toContain('no uptake at baseline');
    expect(category(given(10, 7, { notComparable: ['another reconstruction'] }))).toBe(
      'another reconstruction',
    );
    // A score of 1 to 3 needs no comparison of uptake.
    expect(category(given(10, 2, { notComparable: ['another reconstruction'] }))).toBe('CMR');
    const unscored = deauville({ sites: [site(4)], liver: null, bloodPool: BLOOD });
    expect(category(given(10, 4, { score: unscored }))).toContain('liver');
  });

  it('ΔSUVmax: 66 % after two cycles, 70 % after four', () => {
    expect(deltaSuvMax(10, 3.4, 'afterTwoCycles')).toMatchObject({ category: 'good' });
    expect(deltaSuvMax(10, 3.41, 'afterTwoCycles')).toMatchObject({ category: 'poor' });
    expect(deltaSuvMax(10, 3.4, 'afterFourCycles')).toMatchObject({ category: 'poor' });
    expect(deltaSuvMax(20, 6, 'afterFourCycles')).toMatchObject({ category: 'good' });
    expect(deltaSuvMax(0, 6, 'afterFourCycles').status).toBe('not-assessable');
  });
});

describe('RECIP 1.0', () => {
  const category = (baselineMl: number | null, currentMl: number | null, isNew = false) => {
    const result = recip({ baselineMl, currentMl, newLesions: isNew ? ['n'] : [] });
    return result.status === 'assessed' ? result.category : result.reasons.join();
  };

  it.each([
    [100, 0, false, 'CR'],
    [100, 0, true, 'SD'],
    [100, 70, false, 'PR'],
    [70, 49, false, 'PR'],
    [100, 70.1, false, 'SD'],
    [100, 70, true, 'SD'],
    [100, 120, true, 'PD'],
    [100, 120, false, 'SD'],
    [100, 119.9, true, 'SD'],
    [100, 300, false, 'SD'],
    [100, 100, true, 'SD'],
  ])('volume %d → %d ml, new lesions %s: %s', (from, to, isNew, expected) => {
    expect(category(from, to, isNew)).toBe(expected);
  });

  it('says why it cannot be assessed', () => {
    expect(category(0, 10)).toContain('no tumour volume at baseline');
    expect(category(null, 10)).toContain('at baseline is not known');
    expect(category(10, null)).toContain('at follow-up is not known');
  });
});

describe('PROMISE', () => {
  const references = { bloodPool: 1.5, liver: 4, spleen: 7, parotid: 12 };
  const scored = (
    suvMean: number,
    change: Partial<Record<keyof typeof references, number | null>> = {},
    options = {},
  ) => {
    const result = psmaScore(suvMean, { ...references, ...change }, options);
    return result.status === 'assessed' ? result.category : result.reasons.join();
  };

  it.each([
    [1.49, '0'],
    [1.5, '1'],
    [3.99, '1'],
    [4, '2'],
    [11.9, '2'],
    [12, '3'],
  ])('SUVmean %d: score %s', (suvMean, expected) => {
    expect(scored(suvMean)).toBe(expected);
  });

  it('uses the spleen for ligands that the liver excretes', () => {
    expect(scored(5, {}, { liverExcreted: true })).toBe('1');
    expect(scored(8, {}, { liverExcreted: true })).toBe('2');
  });

  it('is given as far as the references reach', () => {
    expect(scored(1, { liver: null, parotid: null })).toBe('0');
    expect(scored(2, { parotid: null })).toBe('1');
    expect(scored(5, { parotid: null })).toContain('parotid gland is not known');
    expect(scored(2, { bloodPool: null })).toContain('blood pool');
    expect(scored(13, { liver: 20, parotid: 12 })).toBe('1');
    expect(scored(21, { liver: 20, parotid: 12 })).toContain('out of order');
  });

  const tnm = (...sites: (PsmaSite | null)[]) => {
    const { t, n, m } = miTnm({ lesions: sites.map((of, index) => ({ id: `L${index + 1}`, site: of })) });
    return [t, n, m].join(' ');
  };
  const bone: PsmaSite = { kind: 'bone' };

  it('derives miTNM from sites', () => {
    expect(tnm()).toBe('miT0 miN0 miM0');
    expect(tnm({ kind: 'prostate', extent: 'organ-confined' })).toBe('miT2 miN0 miM0');
    expect(
      tnm({ kind: 'prostate', extent: 'organ-confined' }, { kind: 'prostate', extent: 'seminal-vesicle' }),
    ).toBe('miT3b miN0 miM0');
    expect(tnm({ kind: 'local-recurrence' }, { kind: 'pelvic-node', region: 'obturator right' })).toBe(
      'miTr miN1 miM0',
    );
    expect(
      tnm(
        { kind: 'pelvic-node', region: 'a' },
        { kind: 'pelvic-node', region: 'a' },
        { kind: 'pelvic-node', region: 'b' },
      ),
    ).toBe('miT0 miN2 miM0');
    expect(tnm(bone)).toBe('miT0 miN0 miM1b (uni)');
    expect(tnm(bone, bone, bone)).toBe('miT0 miN0 miM1b (oligo)');
    expect(tnm(bone, bone, bone, bone, { kind: 'extrapelvic-node' })).toBe('miT0 miN0 miM1a, miM1b (diss)');
    expect(tnm({ kind: 'other-organ', organ: 'lung' })).toBe('miT0 miN0 miM1c (lung)');
    expect(miTnm({ lesions: [], diffuseMarrow: true }).m).toBe('miM1b (dmi)');
    const node = { id: 'L1', site: { kind: 'pelvic-node', region: 'a' } as const };
    expect(miTnm({ lesions: [node] }, { version: 1 }).n).toBe('miN1a');
  });

  it('leaves open what the sites do not tell', () => {
    const open = miTnm({
      lesions: [
        { id: 'L1', site: { kind: 'prostate' } },
        { id: 'L2', site: null },
      ],
    });
    expect(open).toMatchObject({ t: null, n: null, m: null });
    expect(open.reasons.join('; ')).toMatch(/site of L2.*extent of the local tumour/);
    // What is there stays, though another lesion could add to it.
    expect(tnm(bone, null)).toBe('  miM1b (uni)');
  });
});
