import { gaussian, statistics } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../test-support/noise.ts';
import { contrastToNoise, regionBias, signalToNoise } from './contrast.ts';
import { backgroundNoise, ricianSigma, tissueNoise } from './magnitude-noise.ts';
import { noiseMap } from './noise-map.ts';
import { noisePower, radialNoisePower } from './noise-power.ts';
import { detrend, patchAt } from './patch.ts';

const white = standardNormals(128 * 128 * 8, 3);
const flat = drawn(
  [128, 128, 8],
  [0.8, 0.8, 2],
  (x, y, _z, at) => 40 + 0.1 * x - 0.002 * y * y + 12 * white[at]!,
);
const squares = (volume: typeof flat, size: number) =>
  Array.from({ length: 8 }, (_, k) =>
    Array.from({ length: (128 / size) ** 2 }, (_, n) =>
      patchAt(volume, (n % (128 / size)) * size, Math.floor(n / (128 / size)) * size, k, size),
    ),
  ).flat();

describe('the noise power spectrum', () => {
  it('of white noise is flat, σ²ΔxΔy, and integrates to σ², whatever shading lies below', () => {
    const spectrum = noisePower(squares(flat, 32), [0.8, 0.8]);
    expect(spectrum.variance / 144).toBeGreaterThan(0.96);
    expect(spectrum.variance / 144).toBeLessThan(1.01);
    const radial = radialNoisePower(spectrum);
    for (const value of radial.values.subarray(2)) {
      expect(value / (144 * 0.64)).toBeGreaterThan(0.9);
      expect(value / (144 * 0.64)).toBeLessThan(1.1);
    }
  });

  it('of a band of noise has its peak where the band is', async () => {
    const narrow = await gaussian(flat, { sigmaMm: [0.7, 0.7, 0] });
    const wide = await gaussian(flat, { sigmaMm: [1.4, 1.4, 0] });
    const band = drawn(flat.size, flat.spacingMm, (_x, _y, _z, at) => narrow.data[at]! - wide.data[at]!);
    // exp(−a²u) − exp(−b²u) with u = 2π²f² is largest at u = ln(b²/a²)/(b² − a²).
    const truth = Math.sqrt(Math.log(4) / (1.96 - 0.49) / (2 * Math.PI ** 2));
    const { peakPerMm } = radialNoisePower(noisePower(squares(band, 64), [0.8, 0.8]));
    expect(Math.abs(peakPerMm - truth)).toBeLessThan(0.015);
  });

  it('is refused of no patch and of patches of two sizes', () => {
    expect(() => noisePower([], [1, 1])).toThrow(expect.objectContaining({ code: 'QUALITY_PATCHES' }));
    expect(() => noisePower([patchAt(flat, 0, 0, 0, 8), patchAt(flat, 0, 0, 0, 9)], [1, 1])).toThrow(
      expect.objectContaining({ code: 'QUALITY_PATCHES' }),
    );
  });

  it('loses any surface of second order', () => {
    const shaded = drawn([11, 8, 1], [1, 1, 1], (x, y) => 3 + x - 2 * y + 0.5 * x * y + x * x - 0.2 * y * y);
    const rest = detrend({ values: Float64Array.from(shaded.data), width: 11, height: 8 });
    expect(Math.max(...rest.values.map(Math.abs))).toBeLessThan(1e-5);
  });
});

describe('signal, contrast and bias of regions', () => {
  it('are what their formulas say', () => {
    expect(signalToNoise({ mean: 50, sd: 4 })).toBe(12.5);
    expect(contrastToNoise({ mean: 60, sd: 3 }, { mean: 40, sd: 4 })).toBeCloseTo(20 / Math.sqrt(12.5));
    expect(regionBias(statistics(drawn([2, 2, 1], [1, 1, 1], () => 42)), 40)).toEqual({
      absolute: 2,
      relative: 0.05,
    });
  });
});

describe('the map of noise', () => {
  it('follows noise that doubles across the body, beside edges, lungs and air', () => {
    const noise = standardNormals(192 * 192 * 6, 5);
    const sigma = (x: number) => 10 + 5 * (x / 96 + 1);
    const body = drawn([192, 192, 6], [1, 1, 2], (x, y, _z, at) => {
      const r = Math.hypot(x, y);
      const tissue =
        r > 88 ? -1000 : Math.hypot(x - 20, y) < 18 ? 60 : Math.hypot(x + 40, y + 20) < 22 ? -800 : 20;
      return tissue + (r > 88 ? 2 : sigma(x)) * noise[at]!;
    });
    const map = noiseMap(body, { range: [-200, 200] });
    const errors: number[] = [];
    for (let j = 0; j < map.size[1]; j++)
      for (let i = 0; i < map.size[0]; i++) {
        const x = map.origin[0] + i * map.spacingMm[0] - 95.5;
        const y = map.origin[1] + j * map.spacingMm[1] - 95.5;
        if (Math.hypot(x, y) < 75) errors.push(map.data[i + map.size[0] * j]! / sigma(x) - 1);
      }
    expect(errors.length).toBeGreaterThan(12);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.2);
    expect(Math.abs(errors.reduce((sum, e) => sum + e, 0) / errors.length)).toBeLessThan(0.06);
  });

  it('is not a number where nothing lies in the range', () => {
    const air = drawn([32, 32, 2], [1, 1, 1], () => -1000);
    expect([...noiseMap(air, { range: [-200, 200] }).data].every(Number.isNaN)).toBe(true);
  });
});

/** A head of two tissues with the root of the sum of squares of `coils` channels of noise. */
function head(sigma: number, coils: number, seed: number) {
  const channels = Array.from({ length: 2 * coils }, (_, c) => standardNormals(64 * 64 * 24, seed + c));
  return drawn([64, 64, 24], [2, 2, 2], (x, y, z, at) => {
    const signal = Math.hypot(x, y) > 50 || Math.abs(z) > 20 ? 0 : Math.hypot(x, y) < 25 ? 220 : 150;
    let power = 0;
    channels.forEach((channel, c) => {
      power += ((signal / Math.sqrt(coils)) * (c < coils ? 1 : 0) + sigma * channel[at]!) ** 2;
    });
    return Math.sqrt(power);
  });
}

describe('the noise of magnitude images', () => {
  it.each([
    [5, 1],
    [14, 1],
    [9, 4],
    [6, 8],
    [12, 8],
  ])('is told by the air, with the number of coils: σ %i, %i coils', (sigma, coils) => {
    const found = backgroundNoise(head(sigma, coils, 40))!;
    expect(Math.abs(found.sigma / sigma - 1)).toBeLessThan(0.06);
    expect(Math.abs(found.coils / coils - 1)).toBeLessThan(0.12);
    const known = backgroundNoise(head(sigma, coils, 40), coils)!;
    expect(Math.abs(known.sigma / sigma - 1)).toBeLessThan(0.03);
  });

  it('is told by the tissue where the air was masked', () => {
    const image = head(9, 1, 60);
    const masked = drawn(image.size, image.spacingMm, (x, y, z, at) =>
      Math.hypot(x, y) > 50 || Math.abs(z) > 20 ? 0 : image.data[at]!,
    );
    expect(backgroundNoise(masked)).toBeUndefined();
    expect(Math.abs(tissueNoise(masked)! / 9 - 1)).toBeLessThan(0.06);
  });

  it.each([0, 1, 2, 5, 20])(
    'comes back from mean and spread of a Rician region, at a signal of %iσ',
    (signal) => {
      const [a, b] = [standardNormals(40000, 80), standardNormals(40000, 81)];
      const region = statistics(
        drawn([200, 200, 1], [1, 1, 1], (_x, _y, _z, at) => Math.hypot(7 * signal + 7 * a[at]!, 7 * b[at]!)),
      );
      // Where there is no signal the ratio of mean to spread hardly tells it.
      expect(Math.abs(ricianSigma(region.mean, region.sd) / 7 - 1)).toBeLessThan(signal === 0 ? 0.1 : 0.04);
    },
  );
});
