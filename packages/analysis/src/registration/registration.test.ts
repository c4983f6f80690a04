import { invert, type Mat4, transformPoint, translation, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CtAnatomy, fuse, segmentCtAnatomy } from '../anatomy/index.ts';
import { torsoCt, torsoGrid, torsoPet } from '../test-support/torso.ts';
import { contourOffset } from './contour.ts';
import { diaphragmOffset } from './diaphragm.ts';
import { halfSampleMode } from './half-sample-mode.ts';
import { registerRigid, registrationScore } from './index.ts';
import { parametersOf, rigidMatrix } from './rigid-transform.ts';

const chest = { ct: torsoGrid(6, -200, 235), pet: torsoGrid(6.5, -200, 235) };
/** Enough for a comparison of two runs. */
const quick = [{ spacingMm: 12, samples: 4_000, stepMm: 8, toleranceMm: 0.5 }];

function largestError(pull: Mat4, truth: Mat4): number {
  let largest = 0;
  for (const x of [-120, 120])
    for (const y of [-80, 80])
      for (const z of [-150, 150]) {
        const a = transformPoint(pull, [x, y, z]);
        const b = transformPoint(truth, [x, y, z]);
        largest = Math.max(largest, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
      }
  return largest;
}

describe('rigid registration', () => {
  let ct: Volume;
  // CT to PET: the patient turned and shifted.
  const truth = rigidMatrix(Float64Array.from([6, -4, 7, 8, -6, 9]), [0, 0, 0]);
  let moved: Volume;
  beforeAll(async () => {
    ct = await torsoCt(chest.ct);
    moved = await torsoPet(chest.pet, { toTorso: invert(truth), table: false });
  });

  it('recovers a known motion to a fraction of a voxel and gives its matrix from moving to fixed', () => {
    const found = registerRigid(ct, moved);
    expect(largestError(found.pull, truth)).toBeLessThan(1.2);
    expect(largestError(found.matrix, invert(truth))).toBeLessThan(1.2);
    expect(found.metric.value).toBeGreaterThan(found.metric.atStart);
    expect(found.uncertaintyMm).toBeLessThan(3);
  });

  it('gives the same numbers every time', () => {
    const once = registerRigid(ct, moved, { levels: quick });
    expect(registerRigid(ct, moved, { levels: quick })).toEqual(once);
  });

  it('finds a patient who lies elsewhere in another frame of reference', async () => {
    const far = rigidMatrix(Float64Array.from([3, 2, -4, 40, 160, -310]), [0, 0, 0]);
    const grid = { ...chest.pet, origin: transformPoint(translation([40, 160, -310]), chest.pet.origin) };
    const elsewhere = await torsoPet(grid, { toTorso: invert(far), table: false });
    const found = registerRigid(ct, elsewhere, { initial: 'search', secondStart: false });
    expect(largestError(found.pull, far)).toBeLessThan(2);
  });

  it('refuses images that do not meet', async () => {
    const grid = { ...chest.pet, origin: transformPoint(translation([0, 0, 2000]), chest.pet.origin) };
    const away = await torsoPet(grid, { toTorso: translation([0, 0, -2000]) });
    expect(() => registerRigid(ct, away)).toThrow(
      expect.objectContaining({ code: 'REGISTRATION_NO_OVERLAP' }),
    );
  });

  it('refuses an image of nothing', () => {
    const nothing = { ...moved, data: new Float32Array(moved.data.length) };
    expect(() => registerRigid(ct, nothing)).toThrow(expect.objectContaining({ code: 'REGISTRATION_EMPTY' }));
  });

  it('reads its own parameters back from a matrix', () => {
    const parameters = Float64Array.from([10, -20, 30, 4, 5, -6]);
    const back = parametersOf(rigidMatrix(parameters, [7, 8, 9]), [7, 8, 9]);
    for (const [n, value] of parameters.entries()) expect(back[n]).toBeCloseTo(value, 9);
  });
});

describe('how well PET and CT fit', () => {
  let ct: Volume;
  let anatomy: CtAnatomy;
  const torso = { ct: torsoGrid(6, -330, 520), pet: torsoGrid(6, -330, 520) };
  let pet: Volume;
  beforeAll(async () => {
    ct = await torsoCt(torso.ct);
    anatomy = await segmentCtAnatomy(ct, { spacingMm: 6 });
    pet = await torsoPet(torso.pet);
  });

  it('is green where they do', async () => {
    const score = await registrationScore(ct, pet, { anatomy });
    expect(score.class).toBe('green');
    expect(score.regions.map((region) => region.name)).toEqual(
      expect.arrayContaining(['liver dome', 'body contour', 'head', 'chest', 'abdomen']),
    );
  });

  it('is red after a shift of 12 mm, with its direction in words', async () => {
    const score = await registrationScore(ct, pet, { anatomy, ctFromPet: translation([0, 0, 12]) });
    expect(score.class).toBe('red');
    expect(score.score).toBeLessThan(20);
    expect(score.reason).toContain('higher on PET than on CT');
  });

  it('measures the height of the liver dome in another state of breathing', async () => {
    const at = async (domeMm: number) =>
      (await diaphragmOffset(fuse(anatomy, await torsoPet(torso.pet, { domeMm }))))!;
    const rest = await at(0);
    for (const mm of [-12, 16]) {
      const found = await at(mm);
      // Without a muscle between liver and lung the constant for it remains; it is the same in each state.
      expect(Math.abs(found.offsetMm - rest.offsetMm - mm)).toBeLessThan(1.5);
    }
  });

  it('measures the shift of the skin', () => {
    const skin = contourOffset(fuse(anatomy, pet, { ctFromPet: translation([6, -5, 0]) }))!;
    expect(skin.leftMm).toBeGreaterThan(4.5);
    expect(skin.leftMm).toBeLessThan(7.5);
    expect(skin.backMm).toBeLessThan(-3.5);
  });

  it('is unknown, not good, where there is nothing to compare', async () => {
    const score = await registrationScore(ct, pet, { anatomy, ctFromPet: translation([0, 0, 3000]) });
    expect(score.class).toBe('unknown');
    expect(score.score).toBeUndefined();
  });
});

describe('the half-sample mode', () => {
  it('is where the sample is densest, whatever the outliers', () => {
    expect(halfSampleMode([1, 2, 2.1, 2.2, 9, 50, 51])).toBeCloseTo(2.05, 6);
    expect(halfSampleMode([5])).toBe(5);
    expect(halfSampleMode([])).toBeNaN();
  });
});
