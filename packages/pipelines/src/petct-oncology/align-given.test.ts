import { type CtAnatomy, segmentCtAnatomy } from '@photopeak/analysis';
import { identity, type Mat4, translation, type Volume } from '@photopeak/imaging';
import { type PetctPhantom, petctPhantom } from '@photopeak/phantom';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../pipeline.ts';
import type { GivenRegistration } from '../study/index.ts';
import { alignPetToCt } from './align.ts';

const context: StepContext = {
  run: { key: 'test', at: '2024-01-01T00:00:00' },
  signal: new AbortController().signal,
  progress() {},
};

/** As coarse as the analysis bears. */
const grids = {
  ct: { size: [80, 80, 76], spacingMm: [6.25, 6.25, 10] },
  pet: { size: [64, 64, 76], spacingMm: [8, 8, 10] },
} as const;
const phantom = (options: Partial<Parameters<typeof petctPhantom>[0]>): PetctPhantom =>
  petctPhantom({ seed: 7, style: 'ge', grids, ...options });
const inSuv = ({ pet, truth }: PetctPhantom): Volume => ({
  ...pet,
  data: pet.data.map((value) => value * truth.dose.suvFactor),
  unit: 'g/ml{SUVbw}',
});
const given = (matrix: Mat4, more: Partial<GivenRegistration> = {}): GivenRegistration => ({
  ...{ sopInstanceUid: '2.25.1', matrix },
  ...more,
});

describe('a registration of another system', () => {
  let study: PetctPhantom;
  let anatomy: CtAnatomy;
  beforeAll(async () => {
    study = phantom({ respiratoryMismatchMm: 24 });
    anatomy = await segmentCtAnatomy(study.ct);
  });
  const align = (registrations: readonly GivenRegistration[], frameOfReferenceShared: boolean) =>
    alignPetToCt.run(
      { ...{ ct: study.ct, pet: inSuv(study), anatomy, frameOfReferenceShared }, given: registrations },
      context,
    );

  it('is used where it undoes by a field what breathing displaced; of two the better counts', async () => {
    const field = study.truth.breathingField;
    const right = given(identity, { sopInstanceUid: '2.25.2', deformation: { pull: identity, field } });
    const found = await align([given(translation([25, 0, 0])), right], true);
    expect(found.used).toBe('given');
    expect(found.deformation?.field).toBe(field);
    expect(found.foreign).toMatchObject({ sopInstanceUid: '2.25.2', used: true, deforms: true });
    expect(found.reason).toContain('deformable registration object');
    const dome = found.score?.regions.find(({ name }) => name === 'liver dome');
    expect(dome?.misalignmentMm).toBeLessThan(8);
  });

  it('is left where it is far off', async () => {
    const found = await align([given(translation([60, 40, -70]))], true);
    expect(found.used).not.toBe('given');
    expect(found.foreign).toMatchObject({ sopInstanceUid: '2.25.1', used: false });
  });
});
