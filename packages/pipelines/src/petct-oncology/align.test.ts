import { segmentCtAnatomy } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, type Series, scanFolder } from '@photopeak/dicom';
import { identity, toWorld, transformPoint, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { beforeAll, expect, it } from 'vitest';
import type { StepContext } from '../pipeline.ts';
import { alignPetToCt } from './align.ts';

const context: StepContext = {
  run: { key: 'test', at: '2024-01-01T00:00:00' },
  signal: new AbortController().signal,
  progress() {},
};

describeWithData('the alignment of a whole body', () => {
  it('is corrected where the patient lay elsewhere on the PET', async () => {
    const { instances } = await scanFolder(dataFile('petct_ge_acrin042'));
    const series = groupSeries(instances);
    const load = async (uidEnd: string) =>
      (await loadSeriesVolume(series.find((one) => one.seriesInstanceUid.endsWith(uidEnd))!)).volume;
    const ct = await load('94858561');
    const pet = await load('61081015');
    const moved = [9, -12, 6];
    const origin = pet.origin.map((mm, axis) => mm + moved[axis]!) as unknown as Vec3;
    const anatomy = await segmentCtAnatomy(ct);
    const input = { ct, pet: { ...pet, origin }, anatomy, frameOfReferenceShared: true };
    const found = await alignPetToCt.run(input, context);
    expect(found.used).toBe('rigid');
    expect(found.score?.class).toBe('green');
    // The middle of the body comes back to where the scanner had it.
    const middle = toWorld(pet, pet.size.map((count) => count / 2) as unknown as Vec3);
    const there = middle.map((mm, axis) => mm + moved[axis]!) as unknown as Vec3;
    const back = transformPoint(found.matrix, there);
    expect(Math.hypot(...back.map((mm, axis) => mm - middle[axis]!))).toBeLessThan(4);
  });
});

describeWithData('the alignment of co-registered limbs, cut out of their studies', () => {
  let series: Series[];
  beforeAll(async () => {
    series = groupSeries((await scanFolder(dataFile('ibsi_sts_petctmr'))).instances);
  });
  const volumeOf = async (modality: string, patient: string) => {
    const found = series.find((one) => one.modality === modality && one.description?.includes(patient));
    return (await loadSeriesVolume(found!)).volume;
  };

  // The peak of mutual information lies 10 to 20 mm off here, and two independent samples of points agree on it.
  it.each(['STS_001', 'STS_002', 'STS_003'])('keeps that of the scanner for %s', async (patient) => {
    const ct = await volumeOf('CT', patient);
    const pet = await volumeOf('PT', patient);
    const anatomy = await segmentCtAnatomy(ct);
    const shared = await alignPetToCt.run({ ct, pet, anatomy, frameOfReferenceShared: true }, context);
    expect(shared).toMatchObject({ used: 'identity', matrix: identity, score: { score: null } });
    const other = await alignPetToCt.run({ ct, pet, anatomy, frameOfReferenceShared: false }, context);
    expect(other).toMatchObject({ used: 'none', score: null });
  });
});
