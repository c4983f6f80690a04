import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, exp, log, normalQuantile, sin, smoothStep } from './exact-math.ts';

describe('elementary functions from exact operations', () => {
  it('agree with the library', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThan(1e-10);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (x) => {
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-12);
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-12);
      }),
    );
  });

  it('give the quantiles of the normal distribution', () => {
    expect(normalQuantile(0.5)).toBeCloseTo(0, 8);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 7);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 7);
  });

  it('step smoothly in both directions', () => {
    expect([smoothStep(0, 2, -1), smoothStep(0, 2, 1), smoothStep(0, 2, 3)]).toEqual([0, 0.5, 1]);
    expect([smoothStep(2, 0, 3), smoothStep(2, 0, 1), smoothStep(2, 0, -1)]).toEqual([0, 0.5, 1]);
  });
});
