import { describe, expect, it } from 'vitest';
import { fitTimeActivity, singleTimePoint } from './time-activity.ts';

const LU_HOURS = 574300 / 3600;
const course = (initial: number, effective: number, hours: readonly number[]) =>
  hours.map((at) => ({ hours: at, activityMBq: initial * 2 ** (-at / effective) }));

describe('the activity of a region over time', () => {
  it('gives back an exponential exactly', () => {
    const fit = fitTimeActivity(course(200, 51.3, [4, 24, 96, 168]), { halfLifeHours: LU_HOURS });
    if (typeof fit === 'string') throw new Error(fit);
    expect(fit.method).toBe('mono-exponential');
    expect(fit.initialMBq).toBeCloseTo(200, 9);
    expect(fit.effectiveHalfLifeHours).toBeCloseTo(51.3, 9);
    expect(fit.timeIntegratedMBqH).toBeCloseTo((200 * 51.3) / Math.LN2, 6);
    expect(1 / fit.effectiveHalfLifeHours).toBeCloseTo(1 / fit.biologicalHalfLifeHours! + 1 / LU_HOURS, 9);
    expect(fit.largestDeviation).toBeLessThan(1e-9);
  });

  it('states the uncertainty that scattered points really have', () => {
    // Gaussian scatter of 10 % around the truth, 400 courses: the stated deviation must be that of the results.
    let seed = 12345;
    const uniform = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed + 0.5) / 4294967296;
    };
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const results: number[] = [];
    let stated = 0;
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const points = course(100, 60, [24, 72, 144]).map(({ hours, activityMBq }) => ({
        hours,
        activityMBq: activityMBq * Math.exp(0.1 * normal()),
      }));
      const fit = fitTimeActivity(points, { halfLifeHours: LU_HOURS, relativeUncertainty: 0.1 });
      if (typeof fit === 'string' || fit.uncertainty === null) continue;
      results.push(fit.timeIntegratedMBqH);
      stated += fit.uncertainty.timeIntegratedMBqH;
    }
    const mean = results.reduce((a, b) => a + b, 0) / results.length;
    const sd = Math.sqrt(results.reduce((sum, value) => sum + (value - mean) ** 2, 0) / results.length);
    expect(results.length).toBeGreaterThan(0.98 * runs);
    // The larger of stated and seen scatter is taken, so that it lies a little above.
    expect(stated / results.length / sd).toBeGreaterThan(0.9);
    expect(stated / results.length / sd).toBeLessThan(1.5);
  });

  it('never lets activity stay longer than decay allows, and says so', () => {
    const rising = [
      { hours: 4, activityMBq: 50 },
      { hours: 24, activityMBq: 80 },
    ];
    const fit = fitTimeActivity(rising, { halfLifeHours: LU_HOURS });
    if (typeof fit === 'string') throw new Error(fit);
    expect(fit.method).toBe('physical decay');
    expect(fit.effectiveHalfLifeHours).toBeCloseTo(LU_HOURS, 9);
    expect(fit.uncertainty).toBeNull();
    expect(fit.notes.join()).toContain('more slowly than by decay');
  });

  it('says why there is no fit, and that one time is followed by decay alone', () => {
    expect(fitTimeActivity([{ hours: 24, activityMBq: 0 }], { halfLifeHours: 6 })).toBe(
      'no activity at any time',
    );
    const fit = fitTimeActivity([{ hours: 24, activityMBq: 10 }], { halfLifeHours: LU_HOURS });
    expect(fit).toMatchObject({ method: 'physical decay', biologicalHalfLifeHours: null });
  });

  it('estimates the integral from one late image to a tenth where the rule says that it holds', () => {
    for (const effective of [40, 60, 100]) {
      const [point] = course(100, effective, [96]);
      const { timeIntegratedMBqH, holdsForHours } = singleTimePoint(point!);
      const truth = (100 * effective) / Math.LN2;
      const holds = effective >= holdsForHours[0] && effective <= holdsForHours[1];
      expect(holds).toBe(true);
      expect(Math.abs(timeIntegratedMBqH / truth - 1)).toBeLessThan(0.13);
    }
  });
});
