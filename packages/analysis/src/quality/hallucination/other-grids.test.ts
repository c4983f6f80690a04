import { emptyVolume, gaussian, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { SliceModel } from '../../enhancement/super-resolution/index.ts';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import { broughtTo, checkRefined, defaultQualityLimits, judgeQuality } from './index.ts';

const SIGMA = 10;
const limits = defaultQualityLimits('MR', 'super-resolution');

describe('finer planes of thick slices', () => {
  const [size, factor] = [[40, 40, 32] as const, 4];
  const truth = drawn(size, [1, 1, 1], (x, y, z) => (Math.hypot(x, y, z) < 9 ? 400 : 200));
  const model = new SliceModel(size[2] / factor, factor, 'gaussian', 1);
  const area = size[0] * size[1];
  const slices = emptyVolume(
    { ...truth, size: [size[0], size[1], size[2] / factor], spacingMm: [1, 1, factor] },
    'float32',
    '1',
  );
  const noise = standardNormals(slices.data.length, 3);
  const line = new Float32Array(model.slices);
  for (let at = 0; at < area; at++) {
    model.degrade(truth.data, at, area, line);
    for (let k = 0; k < model.slices; k++)
      slices.data[at + area * k] = line[k]! + SIGMA * noise[at + area * k]!;
  }
  const options = { profile: 'gaussian', noise: SIGMA, above: 20 } as const;
  const check = async (planes: Volume) => {
    const found = (await checkRefined(slices, planes, options))!;
    const figures = { consistency: found.consistency, 'null-space': found.nullSpace.score };
    return { found, verdicts: judgeQuality(figures, limits).map(({ verdict }) => verdict) };
  };
  /** A disc in the third dimension as thin as a plane, brighter than what is before and behind it by `contrast`. */
  const planted = (contrast: number, isHidden: boolean): Volume => {
    const data = Float32Array.from(truth.data);
    for (let k = 8; k < 12; k++)
      for (let j = 0; j < size[1]; j++)
        for (let i = 0; i < size[0]; i++)
          if (Math.hypot(i - 32, j - 32) < 5)
            data[i + size[0] * (j + size[1] * k)]! += contrast * (isHidden ? [-1, 1, 1, -1][k - 8]! : 1);
    return { ...truth, data };
  };

  it('pass where they are the truth, which the slices bear out but for their noise', async () => {
    const { found, verdicts } = await check(truth);
    expect(found.consistency).toBeGreaterThan(0.9);
    expect(found.consistency).toBeLessThan(1.1);
    expect(found.nullSpace.score).toBeLessThan(2);
    expect(found.nullSpace.share).toBeLessThan(1);
    // χ² of 1: the truth does not bear the noise of the slices, as data consistency would have it.
    expect(verdicts[1]).toBe('passed');
  });

  it('are not judged where the border of the picture cuts the surroundings of a place', async () => {
    // The outermost columns, which a window that reaches over the border sees twice.
    const planes = planted(0, true);
    for (let at = 0; at < planes.data.length; at++)
      if (at % size[0] < 3) planes.data[at]! += 8 * SIGMA * [-1, 1, 1, -1][Math.floor(at / area) % 4]!;
    const { voxel, map } = (await check(planes)).found.nullSpace;
    expect(voxel[0]).toBeGreaterThanOrEqual(5);
    expect(map.data[20 * size[0] + 1]).toBeGreaterThan(4 * SIGMA);
  });

  it('show something that no slice can tell: it is found, with its place, and contradicts no slice', async () => {
    const { found, verdicts } = await check(planted(8 * SIGMA, true));
    expect(found.consistency).toBeLessThan(1.5);
    expect(verdicts[1]).not.toBe('passed');
    const { voxel, map, contrast } = found.nullSpace;
    expect(Math.hypot(voxel[0] - 32, voxel[1] - 32)).toBeLessThan(5);
    expect(voxel[2]).toBe(2);
    // Alternating by 8 σ about 0: so strong it is in the middle of the disc, and nothing far from it.
    const at = (i: number, j: number, k: number) => map.data[i + size[0] * (j + size[1] * k)]!;
    expect(at(32, 32, 2)).toBeGreaterThan(7 * SIGMA);
    expect(at(32, 32, 2)).toBeLessThan(9 * SIGMA);
    expect(contrast).toBeGreaterThan(3 * SIGMA);
    expect(at(8, 32, 2)).toBeLessThan(0.5 * SIGMA);
  });

  it('contradict the slices: it is seen as the scanner would have seen it', async () => {
    const { found } = await check(planted(6 * SIGMA, false));
    const at = 32 + size[0] * (32 + size[1] * 2);
    expect(found.seen.data[at]! - slices.data[at]!).toBeGreaterThan(2 * SIGMA);
  });

  it('are left out where they are no finer planes of the slices', async () => {
    expect(await checkRefined(slices, slices, options)).toBeUndefined();
    expect(await checkRefined(slices, { ...truth, spacingMm: [1.2, 1, 1] }, options)).toBeUndefined();
  });
});

describe('images whose values were meant to change', async () => {
  const size = [64, 64, 6] as const;
  const truth = drawn(size, [2, 2, 4], (x, y) => {
    if (Math.hypot(x, y) < 16) return 500;
    return Math.hypot(x - 34, y) < 12 ? 900 : 300;
  });
  const noise = standardNormals(truth.data.length, 5);
  const original = { ...truth, data: truth.data.map((value, at) => value + SIGMA * noise[at]!) };
  /** Shading of a coil and another scale. */
  const shading = drawn(size, [2, 2, 4], (x, y) => 1.7 * (1 + 0.3 * Math.sin((x + y) / 60)));
  const harmonised = { ...truth, data: original.data.map((value, at) => value * shading.data[at]! + 40) };
  const options = { noise: SIGMA, above: 0, planes: 'slices' } as const;

  it('are compared without shading and scale', async () => {
    const { volume, order } = await broughtTo(original, harmonised, options);
    expect(order).toBeGreaterThan(0.95);
    let [squares, count] = [0, 0];
    for (let at = 0; at < volume.data.length; at++) {
      squares += (volume.data[at]! - harmonised.data[at]!) ** 2;
      count++;
    }
    // Of values from 400 to 2000, whose noise is 17: shading that changes within a disc is followed in part.
    expect(Math.sqrt(squares / count)).toBeLessThan(17);
  });

  it('keep what was added, and tell contrast that was turned round', async () => {
    const blob = await gaussian(
      drawn(size, [2, 2, 4], (x, y, z) => (Math.hypot(x + 30, y - 30, z) < 5 ? 1 : 0)),
      {
        sigmaMm: 1,
      },
    );
    const altered = { ...harmonised, data: harmonised.data.map((v, at) => v + 150 * blob.data[at]!) };
    const { volume } = await broughtTo(original, altered, options);
    const peak = blob.data.indexOf(blob.data.reduce((a, b) => Math.max(a, b), 0));
    expect(altered.data[peak]! - volume.data[peak]!).toBeGreaterThan(70);
    const turned = { ...harmonised, data: original.data.map((value) => 1500 - value) };
    const { order } = await broughtTo(original, turned, options);
    const [check] = judgeQuality({ 'contrast-order': order! }, defaultQualityLimits('MR', 'harmonise'));
    expect(check!.verdict).toBe('held');
  });
});
