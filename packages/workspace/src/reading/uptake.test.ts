import { describe, expect, it } from 'vitest';
import type { SuvStatus } from '../api/index.ts';
import { suvOf } from './uptake.ts';

const ok: SuvStatus = {
  status: 'ok',
  factors: { bw: 4e-4, lbm: 3e-4, bsa: null, ibw: null },
  ratios: { lbm: 0.75 },
  derivation: [],
  warnings: [],
};

describe('uptake', () => {
  it('multiplies SUVbw by the ratios of the node', () => {
    expect(suvOf(8, 'g/ml{SUVbw}', ok)).toEqual({ bw: 8, lbm: 6, bsa: undefined });
  });

  it('multiplies an activity by the factors of the node', () => {
    const suv = suvOf(20_000, 'Bq/ml', ok);
    expect(suv?.bw).toBeCloseTo(8, 10);
    expect(suv?.lbm).toBeCloseTo(6, 10);
    expect(suv?.bsa).toBeUndefined();
  });

  it('says nothing where the node refused', () => {
    expect(suvOf(8, 'Bq/ml', { status: 'refused', code: 'SUV_X', reason: 'no weight' })).toBeUndefined();
    expect(suvOf(8, 'Bq/ml', null)).toBeUndefined();
  });
});
