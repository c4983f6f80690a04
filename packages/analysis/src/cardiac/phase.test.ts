import { describe, expect, it } from 'vitest';
import { phaseAnalysis } from './phase.ts';
import { PIXELS, type PolarMap, SECTORS } from './polar-map.ts';

const GATES = 8;

/** Gates of a ventricle whose pixels begin to contract at the given degrees of the beat. */
function beating(
  onset: (pixel: number) => number,
  uptake: (pixel: number) => number = () => 100,
): PolarMap[] {
  return Array.from({ length: GATES }, (_, gate) => ({
    values: Float32Array.from({ length: PIXELS }, (_, pixel) => {
      const angle = (2 * Math.PI * gate) / GATES - ((onset(pixel) + 90) * Math.PI) / 180;
      return uptake(pixel) * (1 + 0.3 * Math.cos(angle));
    }),
    areas: new Float32Array(PIXELS).fill(1 / PIXELS),
    ringMm: 3,
    radiiMm: [],
  }));
}

describe('the phases of a ventricle', () => {
  it('are all one where all of it contracts at once', () => {
    const { meanDegrees, sdDegrees, bandwidthDegrees, share } = phaseAnalysis(beating(() => 30))!;
    expect(meanDegrees).toBeCloseTo(30, 3);
    expect(sdDegrees).toBeLessThan(0.01);
    expect(bandwidthDegrees).toBeLessThan(0.01);
    expect(share).toBe(1);
  });

  it('are spread where the free wall is late, also across the end of the beat', () => {
    // A quarter of the circumference is 90° late, about the first gate.
    const late = (pixel: number) => (pixel % SECTORS < SECTORS / 4 ? 65 : 335);
    const found = phaseAnalysis(beating(late))!;
    // Weighed 1 to 3: the circular mean of −25° and 65°.
    const mean = (Math.atan2(0.25, 0.75) * 180) / Math.PI - 25;
    expect(found.meanDegrees).toBeCloseTo((mean + 360) % 360, 3);
    expect(found.sdDegrees).toBeCloseTo(Math.sqrt(0.25 * (65 - mean) ** 2 + 0.75 * (-25 - mean) ** 2), 3);
    expect(found.bandwidthDegrees).toBeCloseTo(90, 3);
  });

  it('leave out what takes up too little, and are not told from few gates', () => {
    const scar = (pixel: number) => (pixel < PIXELS / 5 ? 20 : 100);
    const found = phaseAnalysis(beating((pixel) => (pixel < PIXELS / 5 ? 200 : 10), scar))!;
    expect(found.share).toBeCloseTo(0.8, 2);
    expect(found.sdDegrees).toBeLessThan(0.01);
    expect(phaseAnalysis(beating(() => 0).slice(0, 5))).toBeUndefined();
  });
});
