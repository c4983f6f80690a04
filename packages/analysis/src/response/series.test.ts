import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import {
  comparability,
  lesionChange,
  matchingFilterFwhm,
  matchResolution,
  notComparableReasons,
  type ScanConditions,
  together,
  trend,
} from './index.ts';

const scan: ScanConditions = {
  uptakeMinutes: 60,
  injectedMbq: 300,
  weightKg: 70,
  glucoseMgPerDl: 100,
  liverSul: 1.5,
  bloodPoolSul: 1.1,
  scanner: 'GE Discovery',
  radiopharmaceutical: 'FDG',
  reconstruction: 'OSEM 3i 24s',
  filter: '5 mm',
  voxelMm: [4, 4, 3],
  decayCorrection: 'START',
};
const differing = (change: Partial<ScanConditions>) =>
  comparability(scan, { ...scan, ...change })
    .filter(({ status }) => status !== 'agrees')
    .map(({ item, status }) => `${item} ${status}`);

describe('comparability', () => {
  it('names what differs and what is not known', () => {
    expect(differing({})).toEqual([]);
    expect(differing({ uptakeMinutes: 75 })).toEqual([]);
    expect(differing({ uptakeMinutes: 75.1 })).toEqual(['uptake time differs']);
    expect(differing({ uptakeMinutes: 46 })).toEqual(['shortest uptake time differs']);
    expect(differing({ injectedMbq: 240 })).toEqual([]);
    expect(differing({ injectedMbq: 239 })).toEqual(['injected activity differs']);
    expect(differing({ weightKg: 62.9 })).toEqual(['weight differs']);
    expect(differing({ glucoseMgPerDl: 201 })).toEqual(['glucose differs']);
    expect(differing({ scanner: 'ge discovery ' })).toEqual([]);
    expect(differing({ reconstruction: 'PSF', filter: null, voxelMm: [2, 2, 2] })).toEqual([
      'reconstruction differs',
      'filter unknown',
      'voxel size differs',
    ]);
  });

  it('judges the liver by share and by SUL, on the limits as people do', () => {
    // 1.5 → 1.8 is +20 % and +0.3, in binary 0.30000000000000004.
    expect(differing({ liverSul: 1.8 })).toEqual([]);
    expect(differing({ liverSul: 1.81 })).toEqual(['liver uptake differs']);
    const hot = { ...scan, liverSul: 2.2 };
    expect(
      comparability(hot, { ...hot, liverSul: 2.55 }).find(({ item }) => item === 'liver uptake')?.status,
    ).toBe('differs');
    expect(differing({ liverSul: null })).toEqual(['liver uptake unknown']);
    expect(differing({ liverSul: null, bloodPoolSul: 1.45 })).toEqual([
      'liver uptake unknown',
      'blood pool uptake differs',
    ]);
  });

  it('gives reasons only for what is decisive', () => {
    const checks = comparability(scan, { ...scan, scanner: 'other', uptakeMinutes: 90 });
    expect(notComparableReasons(checks)).toEqual([
      'uptake time: 60 min before, 90 min now (at most 15 min apart)',
    ]);
  });
});

describe('change and trend', () => {
  const lesion = { suvMax: 10, suvPeak: 8, suvMean: 5, mtvMl: 4, tlgG: 20, diameterMm: 20 };

  it('of one lesion', () => {
    const change = lesionChange(lesion, { ...lesion, suvMax: 7, suvPeak: null, mtvMl: 6 });
    expect(change.suvMax).toMatchObject({ absolute: -3, relative: -0.3 });
    expect(change.mtvMl?.relative).toBe(0.5);
    expect(change.suvPeak).toBeUndefined();
  });

  it('of several that are one', () => {
    const two = together([
      lesion,
      { ...lesion, suvMax: 12, suvPeak: null, mtvMl: 1, tlgG: 10, diameterMm: 9 },
    ]);
    expect(two).toEqual({ suvMax: 12, suvPeak: 8, suvMean: 6, mtvMl: 5, tlgG: 30, diameterMm: 20 });
  });

  it('over any number of time points, with gaps', () => {
    const result = trend([
      { day: 0, value: 40 },
      { day: 60, value: 10 },
      { day: 90, value: null },
      { day: 120, value: 20 },
    ]);
    expect(result.nadir).toEqual({ day: 60, value: 10 });
    expect(result.fromBaseline?.relative).toBe(-0.5);
    expect(result.fromPrevious?.relative).toBe(1);
    expect(result.fromNadir?.absolute).toBe(10);
    expect(result.doublingDays).toBeCloseTo(60, 9);
    expect(trend([{ day: 0, value: 5 }])).toMatchObject({
      fromBaseline: null,
      fromNadir: null,
      doublingDays: null,
    });
    expect(trend([])).toMatchObject({ baseline: null, latest: null });
    const halving = trend([
      { day: 0, value: 8 },
      { day: 30, value: 4 },
    ]);
    expect(halving.doublingDays).toBeCloseTo(-30, 9);
  });

  it('refuses days that do not follow each other', () => {
    expect(() =>
      trend([
        { day: 3, value: 1 },
        { day: 3, value: 1 },
      ]),
    ).toThrow(/follow each other/);
  });
});

describe('matching the resolution of two reconstructions', () => {
  it('adds in quadrature and never sharpens', () => {
    expect(matchingFilterFwhm(4, 5)).toBeCloseTo(3, 12);
    expect(matchingFilterFwhm(5, 5)).toBe(0);
    expect(() => matchingFilterFwhm(6, 5)).toThrow(/finer resolution/);
    expect(() => matchingFilterFwhm(0, 5)).toThrow(/finer resolution/);
  });

  /** erf by its series; exact to 1e-12 for what is needed here. */
  function erf(x: number): number {
    if (Math.abs(x) > 5) return Math.sign(x);
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }

  /** A ball of uptake 1 as a scanner of a Gaussian resolution shows it, at a distance from its centre. */
  function blurredBall(radius: number, fwhm: number, distance: number): number {
    const s = fwhm / Math.sqrt(8 * Math.LN2);
    const r = Math.max(distance, 1e-3);
    const [out, near] = [(radius + r) / (Math.SQRT2 * s), (radius - r) / (Math.SQRT2 * s)];
    const rim = Math.exp(-near * near) - Math.exp(-out * out);
    return (erf(out) + erf(near)) / 2 - (s / (Math.sqrt(2 * Math.PI) * r)) * rim;
  }

  it('makes balls seen with 4.6 mm look as with 7.5 mm, to 1 % of their uptake at every voxel', async () => {
    const size = [31, 31, 31] as const;
    const spacing = 2;
    for (const radius of [5, 8, 15]) {
      const at = (fwhm: number): Volume<Float32Array> => {
        const data = new Float32Array(size[0] * size[1] * size[2]);
        let index = 0;
        for (let k = -15; k <= 15; k++)
          for (let j = -15; j <= 15; j++)
            for (let i = -15; i <= 15; i++)
              data[index++] = blurredBall(radius, fwhm, spacing * Math.hypot(i, j, k));
        return {
          size,
          spacingMm: [spacing, spacing, spacing],
          origin: [0, 0, 0],
          direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
          data,
          unit: 'g/ml',
        };
      };
      const [sharp, smooth] = [at(4.6), at(7.5)];
      const matched = await matchResolution(sharp, 4.6, 7.5);
      const worst = (volume: Volume) =>
        smooth.data.reduce((most, value, n) => Math.max(most, Math.abs(value - volume.data[n]!)), 0);
      expect(worst(sharp)).toBeGreaterThan(0.08);
      expect(worst(matched)).toBeLessThan(0.01);
    }
  });
});
