import { gaussian, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import { denoisePet } from './denoise-pet.ts';
import { geometricTransferMatrix, iterativeYang, regionVoxelwiseCorrection } from './partial-volume.ts';

const SIZE = [44, 44, 22] as const;
const MM = [3, 3, 3] as const;
/** A body of 1, a liver of 2.5, a lesion of 8 (12 mm radius) and an empty cavity. */
const regionAt = (x: number, y: number, z: number) => {
  if (Math.hypot(x + 24, y, z) < 12) return 3;
  if (Math.hypot(x - 22, y) < 18 && Math.abs(z) < 24) return 2;
  if (Math.hypot(x, y - 36) < 10) return 4;
  return Math.hypot(x, y) < 60 ? 1 : 0;
};
const TRUE = [0, 1, 2.5, 8, 0.2];
const labels = drawn(SIZE, MM, regionAt);
const truth = drawn(SIZE, MM, (x, y, z) => TRUE[regionAt(x, y, z)]!);
const meanOf = (image: Volume, label: number) => {
  let sum = 0;
  let count = 0;
  labels.data.forEach((value, at) => {
    if (value !== label) return;
    sum += image.data[at]!;
    count++;
  });
  return sum / count;
};
const FWHM = 7;
const seen = await gaussian(truth, { sigmaMm: FWHM / 2.3548 });

describe('the partial volume of regions', () => {
  it('is corrected exactly where regions are uniform and known', async () => {
    const regions = await geometricTransferMatrix(seen, labels, { fwhmMm: FWHM });
    for (const { label, measured, corrected } of regions) {
      expect(Math.abs(corrected - TRUE[label]!)).toBeLessThan(0.01);
      expect(measured).toBeCloseTo(meanOf(seen, label), 4);
    }
    expect(regions[3]!.measured).toBeLessThan(0.85 * 8);
  });

  it('is corrected voxel by voxel, by the matrix and by iteration', async () => {
    for (const correct of [regionVoxelwiseCorrection, iterativeYang]) {
      const image = await correct(seen, labels, { fwhmMm: FWHM });
      expect(Math.abs(meanOf(image, 3) / 8 - 1)).toBeLessThan(0.02);
      expect(Math.abs(meanOf(image, 2) / 2.5 - 1)).toBeLessThan(0.02);
      expect(Math.abs(meanOf(image, 1) - 1)).toBeLessThan(0.02);
    }
  });

  it('is not corrected of one region alone', async () => {
    const one = { ...labels, data: labels.data.map(() => 1) };
    await expect(geometricTransferMatrix(seen, one, { fwhmMm: FWHM })).rejects.toMatchObject({
      code: 'ENHANCEMENT_REGIONS',
    });
  });
});

describe('a PET denoised', () => {
  it('loses most of its noise, keeps means, and keeps a lesion', async () => {
    const white = { ...seen, data: standardNormals(seen.data.length, 7) };
    const grain = await gaussian(white, { sigmaMm: 2.2 });
    const spread = Math.sqrt(grain.data.reduce((sum, value) => sum + value * value, 0) / grain.data.length);
    const noisy = {
      ...seen,
      data: seen.data.map((value, at) =>
        Math.max(0, value + (0.15 * Math.sqrt(Math.max(0, value)) * grain.data[at]!) / spread),
      ),
    };
    const { volume, noise } = await denoisePet(noisy);
    expect(noise).toBeGreaterThan(0.07);
    expect(noise).toBeLessThan(0.25);
    const error = (image: Volume, label: number) => {
      let sum = 0;
      let count = 0;
      labels.data.forEach((value, at) => {
        if (value !== label) return;
        sum += (image.data[at]! - seen.data[at]!) ** 2;
        count++;
      });
      return Math.sqrt(sum / count);
    };
    expect(error(volume, 1) / error(noisy, 1)).toBeLessThan(0.65);
    for (const label of [1, 2])
      expect(Math.abs(meanOf(volume, label) / meanOf(seen, label) - 1)).toBeLessThan(0.02);
    expect(Math.abs(meanOf(volume, 3) / meanOf(seen, 3) - 1)).toBeLessThan(0.04);
  });

  it('is not denoised where nothing is seen', async () => {
    await expect(denoisePet(drawn([8, 8, 4], MM, () => 0))).rejects.toMatchObject({
      code: 'ENHANCEMENT_NO_NOISE',
    });
  });
});
