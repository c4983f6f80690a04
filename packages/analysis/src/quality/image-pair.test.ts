import { gaussian } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../test-support/noise.ts';
import { edgeTransfer, tissueRatios } from './index.ts';

const SIZE = [120, 120, 3] as const;
const MM = [0.8, 0.8, 2] as const;

describe('edges before and after', () => {
  it('have the width and the transfer of the blur that they were given, at each contrast', async () => {
    // Edges are wider than a pixel, so that the pixel itself plays no part.
    const sharp = drawn(SIZE, MM, (x, y) => {
      if (Math.hypot(x + 20, y) < 16) return 1000;
      return Math.hypot(x - 24, y) < 15 ? 100 : 0;
    });
    const sigma = [1, 1.4] as const;
    const [before, after] = await Promise.all(sigma.map((mm) => gaussian(sharp, { sigmaMm: [mm, mm, 0] })));
    const noise = standardNormals(sharp.data.length, 9);
    const noisy = { ...before!, data: before!.data.map((value, at) => value + 5 * noise[at]!) };
    const ranges = [
      [300, 3000],
      [60, 300],
    ] as const;
    for (const edges of await edgeTransfer(noisy, after!, ranges))
      for (const side of [0, 1] as const) {
        expect(edges!.widthMm[side]! / (2.563 * sigma[side])).toBeGreaterThan(0.93);
        expect(edges!.widthMm[side]! / (2.563 * sigma[side])).toBeLessThan(1.07);
        const half = Math.sqrt(Math.LN2 / (2 * Math.PI ** 2)) / sigma[side];
        expect(edges!.halfPerMm[side]! / half).toBeGreaterThan(0.94);
        expect(edges!.halfPerMm[side]! / half).toBeLessThan(1.07);
      }
    expect(await edgeTransfer(sharp, sharp, [[5000, 6000]])).toEqual([undefined]);
  });
});

describe('signal and contrast against noise', () => {
  it('are those of fat and soft tissue, the same squares in both images', () => {
    const truth = drawn(SIZE, MM, (x) => (x < 0 ? -100 : 50));
    const noise = standardNormals(truth.data.length, 4);
    const image = (sigma: number) => ({ ...truth, data: truth.data.map((v, at) => v + sigma * noise[at]!) });
    const options = {
      tissues: [
        [-130, -60],
        [20, 90],
      ],
      zero: -1000,
      above: -300,
    } as const;
    const { signalToNoise: snr, contrastToNoise: cnr } = tissueRatios(image(20), image(10), options);
    // The flatter squares are looked at: their noise is a few per cent lower.
    for (const [at, sigma] of [20, 10].entries()) {
      expect((snr![at as 0 | 1] * sigma) / 1050).toBeGreaterThan(0.97);
      expect((snr![at as 0 | 1] * sigma) / 1050).toBeLessThan(1.15);
      expect((cnr![at as 0 | 1] * sigma) / 150).toBeGreaterThan(0.97);
      expect((cnr![at as 0 | 1] * sigma) / 150).toBeLessThan(1.15);
    }
    expect(tissueRatios(truth, truth, { ...options, above: 5000 })).toEqual({
      signalToNoise: undefined,
      contrastToNoise: undefined,
    });
  });
});
