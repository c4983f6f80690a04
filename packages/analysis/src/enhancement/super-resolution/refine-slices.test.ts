import { resample, toWorld, type Volume } from '@photopeak/imaging';
import { thickSlices } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { psnr } from '../../quality/index.ts';
import { correctPlanes, refineSlices, SliceModel } from './index.ts';

const { truth, slices } = thickSlices({ seed: 2, size: 48, sliceMm: 3 });

describe('refined slices', () => {
  const refined = refineSlices(slices, { profile: 'gaussian' });

  it('lie on the fine grid, with the slices in the middle of their planes', () => {
    expect(refined.factor).toBe(3);
    expect(refined.volume.size).toEqual([48, 48, 48]);
    expect(refined.volume.spacingMm).toEqual([1, 1, 1]);
    for (const k of [0, 7]) {
      const [thick, fine] = [toWorld(slices, [5, 6, k]), toWorld(refined.volume, [5, 6, 3 * k + 1])];
      for (const axis of [0, 1, 2] as const) expect(fine[axis]).toBeCloseTo(thick[axis], 9);
    }
  });

  it('are nearer to the truth than cubic interpolation, by more than 1 dB', async () => {
    const cubic = await resample(slices, { grid: truth, interpolation: 'cubic' });
    expect(psnr(truth, refined.volume, 1250)).toBeGreaterThan(psnr(truth, cubic, 1250) + 1);
  });

  it('give the measured slices when they are seen with thick slices again', () => {
    expect(refined.consistencyError).toBeLessThan(0.01);
    const model = new SliceModel(16, 3, 'gaussian', 1);
    const line = new Float32Array(16);
    const at = 24 + 48 * 24;
    model.degrade(refined.volume.data, at, 48 * 48, line);
    for (let k = 0; k < 16; k++) {
      const value = slices.data[at + 48 * 48 * k]!;
      expect(Math.abs(line[k]! - value)).toBeLessThan(0.005 * Math.max(100, value));
    }
  });

  it('are the same each time', () => {
    expect(refineSlices(slices, { profile: 'gaussian' }).volume.data).toEqual(refined.volume.data);
  });

  it('are refused where slices are no thicker than the pixels', () => {
    expect(() => refineSlices(truth, { profile: 'box' })).toThrow(
      expect.objectContaining({ code: 'SUPER_RESOLUTION_INPUT' }),
    );
  });
});

describe('planes corrected along the normal', () => {
  const options = { profile: 'gaussian' } as const;
  const refined = refineSlices(slices, options);

  it('stay as they are where nothing is corrected', async () => {
    const same = await correctPlanes(slices, refined, options, async (planes) => planes.refined);
    // But for the ridge: each time the slices are met a little better.
    expect(psnr(refined.volume, same.volume, 1250)).toBeGreaterThan(43);
  });

  it('become what the corrector knows, in rows and in columns, as far as the slices allow', async () => {
    const known: Volume[] = [];
    const offsets = new Set<string>();
    await correctPlanes(slices, { volume: truth, factor: 3 }, options, async (planes) => {
      known.push(planes.refined);
      return planes.refined;
    });
    const found = await correctPlanes(slices, refined, options, async ({ offset }) => {
      offsets.add([0, 1, 2, 3].map((row) => offset.data[row * offset.size[0]]).join(' '));
      return known.shift()!;
    });
    expect(offsets).toEqual(new Set(['-1 0 1 -1']));
    expect(found.consistencyError).toBeLessThan(0.01);
    expect(psnr(truth, found.volume, 1250)).toBeGreaterThan(psnr(truth, refined.volume, 1250) + 6);
  });
});

describe('a slice model', () => {
  it.each(['box', 'gaussian'] as const)(
    'keeps a uniform image and joins a plane as its weights say: %s',
    (profile) => {
      const model = new SliceModel(6, 4, profile, 1.2);
      const line = new Float32Array(6);
      model.degrade(new Float32Array(24).fill(7), 0, 1, line);
      for (const value of line) expect(value).toBeCloseTo(7, 5);
      const rows = model.matrix();
      const one = new Float32Array(24);
      one[9] = 1;
      model.degrade(one, 0, 1, line);
      for (let k = 0; k < 6; k++) expect(line[k]).toBeCloseTo(rows[k]![9]!, 6);
    },
  );
});
