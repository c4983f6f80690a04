import { gaussian } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../test-support/noise.ts';
import { detectability } from './detectability.ts';
import { relativeSharpness } from './sharpness.ts';
import { edgeProfile, edgeWidthMm, taskTransfer } from './task-transfer.ts';

/** A rod of 20 mm radius, off the raster, blurred by a Gaussian: its wall is an error function. */
const PIXEL = 0.7;
const rod = (sigmaMm: number, contrast = 100) =>
  drawn([128, 128, 2], [PIXEL, PIXEL, 2], (x, y) => {
    const t = (20 - Math.hypot(x - 1.3, y + 0.9)) / (sigmaMm * Math.SQRT2);
    return 50 + (contrast / 2) * (1 + erf(t));
  });
const place = { column: 63.5 + 1.3 / PIXEL, row: 63.5 - 0.9 / PIXEL, radiusMm: 20, reachMm: 10 };

/** Abramowitz and Stegun 7.1.26. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

describe('the edge of a rod', () => {
  it.each([0.7, 1, 1.6])('tells the blur that made it: σ %f mm', (sigmaMm) => {
    const profile = edgeProfile(rod(sigmaMm), place);
    expect(Math.abs(profile.contrast - 100)).toBeLessThan(0.5);
    expect(Math.abs(edgeWidthMm(profile)! / (2.563 * sigmaMm) - 1)).toBeLessThan(0.02);
    const transfer = taskTransfer(profile, PIXEL);
    const half = Math.sqrt(Math.log(2) / 2) / (Math.PI * sigmaMm);
    if (half < 0.5 / PIXEL) expect(Math.abs(transfer.mtf50PerMm! / half - 1)).toBeLessThan(0.03);
  });

  it('is refused where it does not lie in the slice', () => {
    expect(() => edgeProfile(rod(1), { ...place, column: 10 })).toThrow(
      expect.objectContaining({ code: 'QUALITY_EDGE' }),
    );
  });

  it('has no width without a step', () => {
    expect(
      edgeWidthMm(
        edgeProfile(
          drawn([128, 128, 1], [PIXEL, PIXEL, 1], () => 7),
          place,
        ),
      ),
    ).toBeUndefined();
  });
});

describe('detectability', () => {
  const frequencies = Float64Array.from({ length: 400 }, (_, n) => n * 0.0025);
  const ones = Float64Array.from(frequencies, () => 1);
  const perfect = { frequencies, values: ones, mtf50PerMm: undefined, mtf10PerMm: undefined };
  const white = {
    frequencies,
    values: Float64Array.from(frequencies, () => 25),
    peakPerMm: 0,
    meanPerMm: 0.5,
  };

  it('of a disc in white noise is that of the ideal observer: contrast·√(area/NPS)', () => {
    const found = detectability({ diameterMm: 8, contrast: 10 }, perfect, white);
    // The rest of the disc's energy lies beyond the frequencies that are summed.
    expect(Math.abs(found / (10 * Math.sqrt((Math.PI * 16) / 25)) - 1)).toBeLessThan(0.03);
  });

  it('grows with contrast, falls with noise, and differs with an eye', () => {
    const task = { diameterMm: 8, contrast: 10 };
    const plain = detectability(task, perfect, white);
    expect(detectability({ ...task, contrast: 20 }, perfect, white) / plain).toBeCloseTo(2);
    const louder = { ...white, values: white.values.map((v) => 4 * v) };
    expect(detectability(task, perfect, louder) / plain).toBeCloseTo(0.5);
    const seen = detectability(task, perfect, white, { distanceMm: 500, zoom: 1.5 });
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(plain);
  });
});

describe('sharpness against the original', () => {
  it('is 1 of the same, below of a blurred, above of a sharpened one, and noise is none', async () => {
    const original = rod(1);
    const noise = standardNormals(original.data.length, 9);
    expect(await relativeSharpness(original, original)).toBe(1);
    const blurred = await gaussian(original, { sigmaMm: [1, 1, 0] });
    expect(await relativeSharpness(original, blurred)).toBeLessThan(0.85);
    const sharpened = drawn(
      original.size,
      original.spacingMm,
      (_x, _y, _z, at) => 2 * original.data[at]! - blurred.data[at]!,
    );
    expect(await relativeSharpness(original, sharpened)).toBeGreaterThan(1.15);
    const noisy = drawn(
      original.size,
      original.spacingMm,
      (_x, _y, _z, at) => original.data[at]! + 6 * noise[at]!,
    );
    expect(Math.abs((await relativeSharpness(original, noisy)) - 1)).toBeLessThan(0.03);
  });
});
