import { emptyVolume, type Grid, type Vec3 } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { type CtStructureName, ORGAN_LABELS } from '../anatomy/index.ts';
import { SPECT_PRESETS, spectTracerOf } from '../tracers/index.ts';
import { findFoci } from './foci.ts';

const SIZE: Vec3 = [48, 48, 48];
const grid: Grid = {
  size: SIZE,
  spacingMm: [5, 5, 5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** Balls of uptake and anatomy in a body: centre in voxels, radius in voxels. */
function scene(
  balls: readonly {
    at: Vec3;
    radius: number;
    uptake: number;
    organ?: CtStructureName;
  }[],
) {
  const spect = emptyVolume(grid, 'float32', '{counts}');
  const anatomy = emptyVolume(grid, 'uint8', '1');
  const [nx, ny, nz] = SIZE;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        spect.data[n] = 1;
        anatomy.data[n] = ORGAN_LABELS.body;
        for (const { at, radius, uptake, organ } of balls) {
          if (Math.hypot(i - at[0], j - at[1], k - at[2]) > radius) continue;
          spect.data[n] = uptake;
          if (organ !== undefined) anatomy.data[n] = ORGAN_LABELS[organ];
        }
      }
  return { spect, anatomy };
}

const liver = { at: [12, 24, 30] as Vec3, radius: 9, uptake: 20, organ: 'liver' as const };
const kidney = { at: [34, 30, 20] as Vec3, radius: 5, uptake: 90, organ: 'kidneyLeft' as const };
const options = { preset: SPECT_PRESETS.somatostatin, share: 0.42, smallestMl: 1 };

describe('foci of a tomogram', () => {
  it('are told from organs by the CT, and lesions in an organ by how far they stand out', async () => {
    const { spect, anatomy } = scene([
      liver,
      kidney,
      { at: [12, 24, 32], radius: 2, uptake: 100, organ: 'liver' },
      { at: [30, 12, 36], radius: 2, uptake: 60 },
    ]);
    const found = await findFoci(spect, anatomy, options);
    if (typeof found === 'string') throw new Error(found);
    expect(found.reference).toBe(20);
    expect(found.threshold).toBe(30);
    expect(found.foci.map(({ organ, site }) => [organ, site])).toEqual([
      [null, 'liver'],
      [null, 'body'],
      ['kidneyLeft', 'kidneyLeft'],
    ]);
    expect(found.foci[0]!.measurement.max).toBe(100);
  });

  it('are cut from an organ that they touch and that takes up as much', async () => {
    const { spect, anatomy } = scene([
      liver,
      { ...kidney, uptake: 60 },
      { at: [25, 30, 20], radius: 4, uptake: 60 },
    ]);
    const found = await findFoci(spect, anatomy, options);
    if (typeof found === 'string') throw new Error(found);
    expect(found.foci.map(({ organ }) => organ)).toEqual([null, 'kidneyLeft']);
  });

  it('of the size of a spleen in its place are set aside where the CT did not show it, others are not', async () => {
    const lung = { at: [36, 26, 44] as Vec3, radius: 4, uptake: 1, organ: 'lungLeft' as const };
    const spine = { at: [24, 34, 36] as Vec3, radius: 4, uptake: 2, organ: 'vertebraT12' as const };
    const large = { at: [37, 34, 32] as Vec3, radius: 5, uptake: 60 };
    const found = async (balls: Parameters<typeof scene>[0]) => {
      const { spect, anatomy } = scene(balls);
      const result = await findFoci(spect, anatomy, options);
      if (typeof result === 'string') throw new Error(result);
      return result.foci.map(({ organ }) => organ);
    };
    expect(await found([liver, lung, spine, large])).toEqual(['spleen']);
    expect(await found([liver, lung, spine, { ...large, radius: 2 }])).toEqual([null]);
    expect(await found([liver, lung, spine, { ...large, at: [37, 10, 32] }])).toEqual([null]);
    expect(await found([liver, large])).toEqual([null]);
  });

  it('do not depend on the unit: twice the counts give the same regions', async () => {
    const { spect, anatomy } = scene([liver, kidney, { at: [30, 12, 36], radius: 2, uptake: 60 }]);
    const once = await findFoci(spect, anatomy, options);
    const twice = await findFoci({ ...spect, data: spect.data.map((v) => 2 * v) }, anatomy, options);
    if (typeof once === 'string' || typeof twice === 'string') throw new Error('no foci');
    expect(twice.labels.data).toEqual(once.labels.data);
    expect(twice.threshold).toBe(2 * once.threshold);
  });

  it('are not sought without the reference', async () => {
    const { spect, anatomy } = scene([kidney]);
    expect(await findFoci(spect, anatomy, options)).toContain('liver is not seen');
  });
});

describe('the tracer', () => {
  it('is what people wrote, the radiopharmaceutical first', () => {
    expect(spectTracerOf(['Tc-99m HDP', 'SPECT'])).toBe('bone');
    expect(spectTracerOf(['Lutathera'])).toBe('somatostatin');
    expect(spectTracerOf(['177Lu-PSMA-617', 'bone'])).toBe('psma');
    expect(spectTracerOf([null, 'I-123 mIBG 24h'])).toBe('mibg');
    expect(spectTracerOf([null, 'Recon', 'Bone scan SPECT/CT'])).toBe('bone');
    expect(spectTracerOf([null, 'xSPECT AC'])).toBe('other');
  });
});
