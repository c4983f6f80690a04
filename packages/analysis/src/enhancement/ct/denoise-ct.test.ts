import { gaussian, statistics, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { edgeProfile, edgeWidthMm, relativeSharpness } from '../../quality/index.ts';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import { type DenoisedCt, denoiseCt } from './denoise-ct.ts';

const SIZE = [112, 112, 7] as const;
const MM = [0.9, 0.9, 2] as const;
const ROD = { column: 75, row: 55.5, radiusMm: 12, reachMm: 7 };

/** Water in air with a rod of 100 HU and a metal pin; noise with little power at low frequencies, 30 HU. */
const truth = drawn(SIZE, MM, (x, y) => {
  const r = Math.hypot(x, y);
  const rod = Math.hypot(x - 19.5 * 0.9, y);
  if (Math.hypot(x + 22, y) < 3.5) return 3000;
  if (rod < 14) return 20 + 50 * (1 + Math.tanh((12 - rod) / 0.9));
  return r > 46 ? -1000 : 20;
});
let noisy: Volume<Int16Array>;
let result: DenoisedCt<Int16Array>;
let error: (volume: Volume) => { mean: number; sd: number };

beforeAll(async () => {
  const normals = standardNormals(truth.data.length, 4);
  const white = { ...truth, data: normals };
  const narrow = await gaussian(white, { sigmaMm: [0.5, 0.5, 0] });
  const wide = await gaussian(white, { sigmaMm: [1.6, 1.6, 0] });
  const band = narrow.data.map((value, at) => value - 0.8 * wide.data[at]!);
  const { sd } = statistics({ ...white, data: band });
  noisy = { ...truth, data: Int16Array.from(truth.data, (hu, at) => Math.round(hu + (30 / sd) * band[at]!)) };
  const water = drawn(SIZE, MM, (x, y) =>
    Math.hypot(x, y) < 40 && Math.hypot(x - 19.5 * 0.9, y) > 17 && Math.hypot(x + 22, y) > 9 ? 1 : 0,
  );
  error = (volume) =>
    statistics({ ...truth, data: truth.data.map((hu, at) => volume.data[at]! - hu) }, water);
  result = await denoiseCt(noisy, { reduction: 1 });
});

describe('the CT of a low dose', () => {
  it('loses more than half of its noise and keeps its mean', () => {
    const [before, after] = [error(noisy), error(result.volume)];
    expect(Math.abs(result.noiseHu / before.sd - 1)).toBeLessThan(0.12);
    expect(after.sd / before.sd).toBeLessThan(0.35);
    expect(Math.abs(after.mean - before.mean)).toBeLessThan(0.5);
  });

  it('keeps the edges of a rod of 100 HU', async () => {
    const width = edgeWidthMm(edgeProfile(truth, ROD))!;
    expect(edgeWidthMm(edgeProfile(result.volume, ROD))! / width).toBeLessThan(1.2);
    expect(Math.abs(edgeProfile(result.volume, ROD).contrast - 100)).toBeLessThan(2);
    expect(await relativeSharpness(truth, result.volume)).toBeGreaterThan(0.97);
  });

  it('is left alone in air and metal, voxel by voxel, and stays of its type', () => {
    expect(result.volume.data).toBeInstanceOf(Int16Array);
    let air = 0;
    let metal = 0;
    truth.data.forEach((hu, at) => {
      const x = ((at % 112) - 55.5) * 0.9;
      const y = ((Math.floor(at / 112) % 112) - 55.5) * 0.9;
      const isAir = Math.hypot(x, y) > 50;
      const isMetal = Math.hypot(x + 22, y) < 1.2;
      if (!isAir && !isMetal) return;
      if (result.volume.data[at] !== noisy.data[at]) throw new Error(`changed where ${hu} HU was drawn`);
      if (isAir) air++;
      else metal++;
    });
    expect(air).toBeGreaterThan(1000);
    expect(metal).toBeGreaterThan(10);
  });

  it('keeps as much noise as it is told to', async () => {
    const half = await denoiseCt(noisy, { reduction: 0.5 });
    expect(half.remaining).toBeCloseTo(0.5);
    expect(Math.abs(error(half.volume).sd / error(noisy).sd - 0.5)).toBeLessThan(0.06);
    const none = await denoiseCt(noisy, { reduction: 0 });
    expect(none.volume.data).toEqual(noisy.data);
  });

  it('takes what a refinement makes of it, and no more than it may change', async () => {
    const seen: number[] = [];
    const { volume, remaining } = await denoiseCt(noisy, {
      reduction: 1,
      refine: async ({ source, denoised, noise }) => {
        expect([denoised.size, noise.size]).toEqual([source.size, source.size]);
        expect(source.data).toEqual(noisy.data);
        seen.push(noise.data[56 + 112 * 20]!);
        return { ...truth, data: Float32Array.from(truth.data) };
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    for (const sigma of seen) expect(Math.abs(sigma / error(noisy).sd - 1)).toBeLessThan(0.25);
    expect(error(volume).sd).toBeLessThan(0.5);
    expect(remaining).toBeLessThan(0.05);
    const air = truth.data.indexOf(-1000);
    expect(volume.data[air]).toBe(noisy.data[air]);
  });

  it('is not denoised where its noise cannot be measured', async () => {
    const air = drawn([24, 24, 2], MM, () => -1000);
    await expect(denoiseCt(air)).rejects.toMatchObject({ code: 'ENHANCEMENT_NO_TISSUE' });
  });
});
