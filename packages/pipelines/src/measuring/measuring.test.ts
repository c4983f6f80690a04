import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVolume, type Grid, gaussian, type Volume, writeNifti } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measured, measureImage } from './index.ts';

const grid = (size: number, spacing: number, origin: number): Grid => ({
  size: [size, size, size],
  spacingMm: [spacing, spacing, spacing],
  origin: [origin, origin, origin],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
});

describe('measuring a NIfTI image', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'photopeak-measure-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, volume: Volume) => {
    const file = path.join(folder, name);
    writeFileSync(file, writeNifti(volume));
    return file;
  };
  /** 20³ voxels of 5 mm: 2 everywhere, 7 in the first half along i. */
  const image = (unit: string) =>
    write(
      `${unit.length}.nii.gz`,
      createVolume(
        grid(20, 5, 0),
        Float32Array.from({ length: 8000 }, (_, index) => (index % 20 < 10 ? 7 : 2)),
        unit,
      ),
    );

  it('gives each label its numbers, in the unit of the image', async () => {
    const labels = new Uint8Array(8000);
    for (let k = 2; k < 8; k++)
      for (let j = 2; j < 8; j++) for (let i = 2; i < 18; i++) labels[i + 20 * (j + 20 * k)] = i < 10 ? 1 : 4;
    const segmentation = write('labels.nii.gz', createVolume(grid(20, 5, 0), labels, '1'));
    const result = measured.parse(await measureImage({ image: image('g/ml{SUVbw}'), segmentation }));
    expect(result.image).toMatchObject({
      seriesInstanceUid: null,
      unit: 'g/ml{SUVbw}',
      voxelVolumeMl: 0.125,
    });
    expect(result.segments).toMatchObject([
      {
        number: 1,
        voxels: 288,
        volumeMl: 36,
        max: 7,
        mean: 7,
        sd: 0,
        tlg: 252,
        centroid: [27.5, 22.5, 22.5],
      },
      { number: 4, voxels: 288, mean: 2, min: 2, tlg: 72 },
    ]);
    expect(Math.abs((result.segments[0]?.peak ?? 0) / 7 - 1)).toBeLessThan(0.02);
    expect(result.totals).toMatchObject({ volumeMl: 72, tlg: 324, max: 7, dmaxMm: 40 });
    expect(result.findings).toEqual([]);
    expect(result.segments[0]).not.toHaveProperty('radiomics');
    const more = measured.parse(
      await measureImage({ image: image('g/ml{SUVbw}'), segmentation, radiomics: true }),
    );
    expect(more.segments[0]?.radiomics).toMatchObject({
      firstOrder: { mean: 7, variance: 0, range: 0, energy: 288 * 49 },
      shape: { voxelVolumeMm3: 36_000, centreOfMassShiftMm: 0 },
    });
  });

  it('brings a mask on other voxels to those of the image, and names what lies beside it', async () => {
    const fine = new Uint8Array(64 ** 3);
    for (let index = 0; index < fine.length; index++) fine[index] = index % 64 < 24 ? 1 : 0;
    const over = write('fine.nii.gz', createVolume(grid(64, 2, 0), fine, '1'));
    const unitless = await measureImage({ image: image('HU'), segmentation: over });
    // 24 voxels of 2 mm cover centres up to 47 mm: ten of the image's own.
    expect(unitless.segments[0]).toMatchObject({ voxels: 10 * 20 * 20, mean: 7, peak: null });
    expect(unitless.findings.map(({ code }) => code)).toEqual(['MEASURE_NO_SUV']);
    const beside = write('beside.nii.gz', createVolume(grid(64, 2, 5000), fine, '1'));
    const [empty] = (await measureImage({ image: image('HU'), segmentation: beside })).segments;
    expect(empty).toMatchObject({ voxels: 0, mean: null, findings: [{ code: 'MEASURE_EMPTY' }] });
  });

  it('gives means without the blur of the scanner, whatever lies far away', async () => {
    // A ball of 12 in 4, a cold one of 0, and a hot organ far off; blurred by 8 mm.
    const truth = createVolume(grid(32, 3, 0), new Float32Array(32 ** 3), 'g/ml{SUVbw}');
    const labels = new Uint8Array(32 ** 3);
    const ball = (centre: readonly number[], radiusMm: number, at: number) => {
      const [i, j, k] = [at % 32, Math.floor(at / 32) % 32, Math.floor(at / 1024)];
      return 3 * Math.hypot(i - centre[0]!, j - centre[1]!, k - centre[2]!) <= radiusMm;
    };
    for (let at = 0; at < labels.length; at++) {
      if (ball([7, 10, 10], 9, at)) labels[at] = 1;
      else if (ball([7, 19, 10], 9, at)) labels[at] = 2;
      truth.data[at] = labels[at] === 1 ? 12 : labels[at] === 2 ? 0 : at % 32 > 28 ? 40 : 4;
    }
    const seen = await gaussian(truth, { sigmaMm: 8 / 2.3548 });
    const file = write('blurred.nii.gz', { ...seen, unit: 'g/ml{SUVbw}' });
    const segmentation = write('balls.nii.gz', createVolume(grid(32, 3, 0), labels, '1'));
    const result = measured.parse(await measureImage({ image: file, segmentation, resolutionMm: 8 }));
    expect(result.resolutionMm).toBe(8);
    const [hot, cold] = result.segments;
    // Half of the hot ball is lost to the blur, and comes back.
    expect(hot!.mean).toBeLessThan(9);
    expect(Math.abs(hot!.meanCorrected! - 12)).toBeLessThan(0.3);
    expect(Math.abs(cold!.meanCorrected!)).toBeLessThan(0.3);
    await expect(measureImage({ image: file, segmentation, resolutionMm: Number.NaN })).rejects.toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });

  it('refuses an image as mask, and files that are not there', async () => {
    const noise = createVolume(
      grid(12, 5, 0),
      Float32Array.from({ length: 1728 }, (_, index) => index + 0.5),
      '1',
    );
    const segmentation = write('noise.nii.gz', noise);
    await expect(measureImage({ image: image('HU'), segmentation })).rejects.toThrow(
      expect.objectContaining({ code: 'MEASURE_SEGMENTATION_UNKNOWN' }),
    );
    const missing = path.join(folder, 'missing.nii.gz');
    await expect(measureImage({ image: missing, segmentation })).rejects.toThrow(
      expect.objectContaining({ code: 'MEASURE_NO_IMAGE' }),
    );
    await expect(measureImage({ image: image('HU'), segmentation: missing })).rejects.toThrow(
      expect.objectContaining({ code: 'MEASURE_SEGMENTATION_UNREADABLE' }),
    );
  });
});
