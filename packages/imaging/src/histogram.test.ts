import { describe, expect, it } from 'vitest';
import { identity, translation, voxelCount } from './geometry.ts';
import {
  affineHistogramSampler,
  type JointHistogram,
  jointHistogram,
  jointHistogramUnderAffine,
  mutualInformation,
  normalizedMutualInformation,
} from './histogram.ts';
import { sampleAtVoxel } from './statistics.ts';
import { noise, plainGrid, randomMask, volumeOf } from './test-support.ts';

const grid = plainGrid([40, 36, 30], [1, 1, 2]);
const smooth = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => {
  const [i, j, k] = [index % 40, Math.floor(index / 40) % 36, Math.floor(index / (40 * 36))];
  return 50 + 40 * Math.sin(i / 6) * Math.cos(j / 5) * Math.sin(k / 4);
});
const other = volumeOf(grid, new Int16Array(voxelCount(grid)), (index) => noise(index) % 256);

function fromCounts(bins: number, counts: readonly number[]): JointHistogram {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { bins, counts: Float64Array.from(counts), total, candidates: total };
}

describe('mutual information', () => {
  it('is ln 2 for two bins that determine each other and 0 for independent ones', () => {
    expect(mutualInformation(fromCounts(2, [5, 0, 0, 5]))).toBeCloseTo(Math.LN2, 12);
    expect(normalizedMutualInformation(fromCounts(2, [5, 0, 0, 5]))).toBeCloseTo(2, 12);
    expect(mutualInformation(fromCounts(2, [4, 4, 4, 4]))).toBeCloseTo(0, 12);
    expect(normalizedMutualInformation(fromCounts(2, [4, 4, 4, 4]))).toBeCloseTo(1, 12);
  });

  it('has a value for empty and constant histograms', () => {
    expect(mutualInformation(fromCounts(2, [0, 0, 0, 0]))).toBe(0);
    expect(normalizedMutualInformation(fromCounts(2, [0, 0, 0, 0]))).toBe(1);
    expect(normalizedMutualInformation(fromCounts(2, [7, 0, 0, 0]))).toBe(1);
  });
});

describe('joint histogram', () => {
  it('counts pairs as a plain loop does', async () => {
    const mask = randomMask(grid, 60);
    const { counts, total, candidates } = await jointHistogram(smooth, other, {
      bins: 16,
      ranges: [
        [10, 90],
        [0, 200],
      ],
      mask,
    });
    const expected = new Float64Array(256);
    const bin = (value: number, low: number, high: number) =>
      Math.min(15, Math.max(0, Math.floor(((value - low) * 16) / (high - low))));
    for (let index = 0; index < mask.data.length; index++) {
      if (mask.data[index])
        expected[bin(smooth.data[index]!, 10, 90) * 16 + bin(other.data[index]!, 0, 200)]! += 1;
    }
    expect(counts).toEqual(expected);
    expect(total).toBe(mask.data.reduce((sum, value) => sum + value, 0));
    expect(candidates).toBe(total);
  });

  it('leaves out pairs with NaN', async () => {
    const line = plainGrid([3, 1, 1]);
    const a = volumeOf(line, new Float32Array(3), (index) => [1, Number.NaN, 3][index]!);
    const b = volumeOf(line, new Float32Array(3), (index) => [1, 2, Number.NaN][index]!);
    expect(await jointHistogram(a, b, { bins: 2 })).toMatchObject({ total: 1, candidates: 3 });
  });

  it.each([1, 0, 2.5, 1e9])('refuses %d bins', async (bins) => {
    await expect(jointHistogram(smooth, other, { bins })).rejects.toMatchObject({ code: 'IMAGING_BINS' });
  });
});

describe('joint histogram under an affine', () => {
  it('counts the samples of a strided grid with linear interpolation and sharing of bins', async () => {
    const shift = translation([0.3, -1.2, 2.5]);
    const bins = 32;
    const found = await jointHistogramUnderAffine(smooth, smooth, shift, {
      bins,
      ranges: [
        [0, 100],
        [0, 100],
      ],
      stride: 3,
    });
    const expected = new Float64Array(bins * bins);
    let total = 0;
    for (let k = 1; k < 30; k += 3)
      for (let j = 1; j < 36; j += 3)
        for (let i = 1; i < 40; i += 3) {
          const value = sampleAtVoxel(smooth, [i + 0.3, j - 1.2, k + 1.25]);
          if (value === undefined) continue;
          total++;
          const row = Math.min(bins - 1, Math.floor((smooth.data[i + 40 * (j + 36 * k)]! * bins) / 100));
          const place = (value * (bins - 1)) / 100;
          const low = Math.floor(place);
          expected[row * bins + low]! += 1 - (place - low);
          expected[row * bins + low + 1]! += place - low;
        }
    expect(found.total).toBe(total);
    expect(found.candidates).toBe(13 * 12 * 10);
    expect(found.counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(total, 9);
    found.counts.forEach((count, index) => {
      expect(Math.abs(count - expected[index]!)).toBeLessThan(0.02 + expected[index]! * 0.01);
    });
  });

  it('is highest where the volumes fit, for many matrices with one sampler', async () => {
    using sampler = await affineHistogramSampler(smooth, smooth, { bins: 32, stride: 2 });
    const at = async (mm: number) => normalizedMutualInformation(await sampler.at(translation([mm, 0, 0])));
    const values = await Promise.all([-2, -1, -0.5, 0, 0.5, 1, 2].map(at));
    expect(values.indexOf(Math.max(...values))).toBe(3);
    expect(values[2]).toBeGreaterThan(values[1]!);
    expect(values[4]).toBeGreaterThan(values[5]!);
  });

  it('looks only at the samples of the mask', async () => {
    const mask = randomMask(grid, 50);
    const { candidates, total } = await jointHistogramUnderAffine(smooth, other, identity, { mask, bins: 8 });
    expect(candidates).toBe(mask.data.reduce((sum, value) => sum + value, 0));
    expect(total).toBe(candidates);
  });
});
