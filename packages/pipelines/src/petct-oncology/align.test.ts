import { segmentCtAnatomy } from '@photopeak/analysis';
import {
  groupSeries,
  loadSeriesVolume,
  matrixBetween,
  parsePart10,
  readRegistration,
  type Series,
  scanFolder,
} from '@photopeak/dicom';
import { identity, toWorld, transformPoint, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData } from '@photopeak/testing';
import { beforeAll, expect, it } from 'vitest';
import { setByHand } from '../image-registration/index.ts';
import { type Source, sourceOf } from '../objects/index.ts';
import type { StepContext } from '../pipeline.ts';
import { alignPetToCt } from './align.ts';
import type { AlignInput } from './alignment.ts';
import { registrationObject } from './objects/index.ts';

const context: StepContext = {
  run: { key: 'test', at: '2024-01-01T00:00:00' },
  signal: new AbortController().signal,
  progress() {},
};

describeWithData('the alignment of a whole body', () => {
  const moved = [9, -12, 6];
  let input: AlignInput;
  let sources: { readonly ct: Source; readonly pet: Source };

  beforeAll(async () => {
    const { instances } = await scanFolder(dataFile('petct_ge_acrin042'));
    const series = groupSeries(instances);
    const load = async (uidEnd: string) => {
      const loaded = await loadSeriesVolume(series.find((one) => one.seriesInstanceUid.endsWith(uidEnd))!);
      const planes = loaded.slices.map(({ path, frameNumber }) => ({ path, frameNumber }));
      return { volume: loaded.volume, source: sourceOf(loaded.volume, planes) };
    };
    const ct = await load('94858561');
    const pet = await load('61081015');
    sources = { ct: ct.source, pet: pet.source };
    const origin = pet.volume.origin.map((mm, axis) => mm + moved[axis]!) as unknown as Vec3;
    input = {
      ct: ct.volume,
      pet: { ...pet.volume, origin },
      anatomy: await segmentCtAnatomy(ct.volume),
      frameOfReferenceShared: true,
    };
  });

  it('is corrected where the patient lay elsewhere on the PET', async () => {
    const found = await alignPetToCt.run(input, context);
    expect(found.used).toBe('rigid');
    expect(found.score?.class).toBe('green');
    // The middle of the body comes back to where the scanner had it.
    const { pet } = input;
    const there = toWorld(pet, pet.size.map((count) => count / 2) as unknown as Vec3);
    const back = transformPoint(found.matrix, there);
    expect(Math.hypot(...back.map((mm, axis) => mm + moved[axis]! - there[axis]!))).toBeLessThan(4);
  });

  it('is used as a person sets it, judged beside what it replaces, in an object of its own', async () => {
    const nudge = { shiftMm: [-9, 12, -6] as const, turnDegrees: [0, 0, 0] as const, about: input.ct.origin };
    const { alignment: byHand } = setByHand(identity, { nudge }, 'Tess Tech');
    const found = await alignPetToCt.run({ ...input, byHand }, context);
    expect([found.used, found.matrix]).toEqual(['rigid', byHand.matrix]);
    expect(found.score?.class).toBe('green');
    const told = /by eye: scores (\d+) where (\d+) stood before/.exec(found.reason);
    expect(Number(told?.[1])).toBe(found.score?.score);
    expect(Number(told?.[2])).toBeLessThan(50);

    const owner = { pipeline: { name: 'petct-oncology', version: '1' }, run: context.run };
    const written = registrationObject(owner, sources.ct, sources.pet, found);
    const { dataset } = parsePart10(written.object.bytes);
    expect(dataset.text('ContentCreatorName')).toBe('Tech^Tess');
    expect(dataset.text('SeriesDescription')).toBe('PET to CT alignment by hand');
    const read = readRegistration(dataset);
    if (read.kind !== 'matrix') throw new Error('not a matrix');
    const images = ({ images: { slices } }: Source) => ({
      sopInstanceUids: slices.map(({ reference }) => reference.sopInstanceUid),
    });
    expect(matrixBetween(read, images(sources.pet), images(sources.ct))).toEqual(byHand.matrix);
    expect(read.items[1]?.method?.value).toBe('125025');
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
