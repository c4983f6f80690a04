import { describe, expect, it } from 'vitest';
import { specklePhantom } from './frames.ts';

describe('a picture of fully developed speckle', () => {
  const { grey, truth, width } = specklePhantom({ seed: 5, width: 160, height: 160, discs: [] });
  const envelope = Float64Array.from(grey, (level) =>
    Math.exp((level - truth.greyOfOne) / truth.greyPerNeper),
  );
  const mean = envelope.reduce((sum, value) => sum + value, 0) / envelope.length;
  const variance = envelope.reduce((sum, value) => sum + (value - mean) ** 2, 0) / envelope.length;

  it('has the mean and the signal-to-noise ratio of a Rayleigh distributed envelope', () => {
    expect(width).toBe(160);
    expect(mean).toBeGreaterThan(0.97);
    expect(mean).toBeLessThan(1.03);
    // 1.913 = √(π/(4 − π))
    expect(mean / Math.sqrt(variance)).toBeGreaterThan(1.83);
    expect(mean / Math.sqrt(variance)).toBeLessThan(2);
  });

  it('shows tissue that is drawn place by place as it shows discs', () => {
    const disc = { xPx: 20, yPx: 30, radiusPx: 12, echogenicity: 0.15 };
    const about = { seed: 5, width: 64, height: 64 };
    const echogenicity = (x: number, y: number) =>
      (x - disc.xPx) ** 2 + (y - disc.yPx) ** 2 < disc.radiusPx ** 2 ? disc.echogenicity : 1;
    expect(specklePhantom({ ...about, echogenicity }).grey).toEqual(
      specklePhantom({ ...about, discs: [disc] }).grey,
    );
  });

  it('is the same for the same seed, and keeps part of its scatterers from frame to frame', () => {
    const clip = (decorrelation: number) =>
      specklePhantom({ seed: 5, width: 64, height: 64, frames: 2, discs: [], decorrelation }).grey;
    expect(clip(0.1)).toEqual(clip(0.1));
    const correlation = (values: Uint8Array) => {
      const [a, b] = [values.subarray(0, 4096), values.subarray(4096)];
      const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
      const cross = a.reduce((sum, value, n) => sum + (value - middle) * (b[n]! - middle), 0);
      return cross / a.reduce((sum, value) => sum + (value - middle) ** 2, 0);
    };
    expect(correlation(clip(0))).toBeCloseTo(1, 1);
    expect(correlation(clip(0.1))).toBeGreaterThan(0.9);
    expect(Math.abs(correlation(clip(1)))).toBeLessThan(0.2);
  });
});
