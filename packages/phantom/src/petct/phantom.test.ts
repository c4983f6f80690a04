import { createHash } from 'node:crypto';
import type { VoxelArray } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { type PetctPhantomOptions, petctPhantom, tissueNames, truthToJson } from './index.ts';

/** Coarse grids: the same person in a few voxels. */
const coarse = {
  ct: { size: [64, 64, 49], spacingMm: [7.8125, 7.8125, 20] },
  pet: { size: [48, 48, 49], spacingMm: [11, 11, 20] },
} as const;

const digest = (data: VoxelArray) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

function fingerprint(options: PetctPhantomOptions): string[] {
  const { ct, pet, truth } = petctPhantom({ ...options, grids: coarse });
  return [
    digest(ct.data),
    digest(pet.data),
    digest(truth.labels.data),
    digest(truth.lesionLabels.data),
    createHash('sha256')
      .update(JSON.stringify(truthToJson(truth)))
      .digest('hex'),
  ].map((hex) => hex.slice(0, 16));
}

describe('a phantom', () => {
  it('is the same bytes for the same seed, and another person for another', () => {
    const first = fingerprint({ seed: 5, style: 'siemens', respiratoryMismatchMm: 10 });
    expect(fingerprint({ seed: 5, style: 'siemens', respiratoryMismatchMm: 10 })).toEqual(first);
    const other = fingerprint({ seed: 6, style: 'siemens', respiratoryMismatchMm: 10 });
    other.forEach((part, n) => {
      expect(part).not.toBe(first[n]);
    });
  });

  it('is the same bytes on every machine', () => {
    // CT, PET, tissues, lesions, truth; a deliberate change of the drawing changes these
    expect(fingerprint({ seed: 1 })).toEqual([
      '0ca37dd46af311c3',
      'be0368367edd37ef',
      'efc2028968ce35fd',
      '7e5adde9aa266acd',
      '71a1c415534e3bf4',
    ]);
  });

  it.each([
    ['psma-11', ['right kidney centre', 'spleen centre', 'liver centre'], ['head centre']],
    ['dotatate', ['spleen centre', 'liver centre'], ['head centre']],
    ['fluoride', ['bladder centre', 'L3 vertebra', 'liver centre'], ['head centre']],
  ] as const)('lets %s go where it goes', (tracer, falling, low) => {
    const { pet, truth } = petctPhantom({ seed: 2, tracer, lesions: 0, noise: 0, grids: coarse });
    const suv = (name: string) => {
      const { petMm } = truth.landmarks.find((landmark) => landmark.name === name)!;
      const [i, j, k] = petMm.map((mm, axis) => Math.round((mm - pet.origin[axis]!) / pet.spacingMm[axis]!));
      return pet.data[i! + pet.size[0] * (j! + pet.size[1] * k!)]! * truth.dose.suvFactor;
    };
    const levels = falling.map(suv);
    expect(levels).toEqual([...levels].sort((a, b) => b - a));
    for (const name of low) expect(suv(name)).toBeLessThan(levels.at(-1)!);
  });

  it('says what it cannot be made from', () => {
    const attempt = (options: Partial<PetctPhantomOptions>) => () => petctPhantom({ seed: 1, ...options });
    for (const options of [
      { seed: 1.5 },
      { respiratoryMismatchMm: 90 },
      { tracer: 'water' as 'fdg' },
      { noise: Number.NaN },
      { lesions: [{ kind: 'lung', site: 'the moon' }] },
      { lesions: [{ kind: 'liver', radiusMm: 900 }] },
      { grids: { ct: { size: [4, 4, 4], spacingMm: [1, 1, 1] } } },
    ] as const) {
      expect(attempt(options)).toThrow(expect.objectContaining({ code: 'PHANTOM_OPTION_INVALID' }));
    }
  });

  it('draws men and women, with and without contrast medium, arms up and down', () => {
    const aorta = tissueNames.indexOf('aorta');
    const mean = (options: Partial<PetctPhantomOptions>) => {
      const { ct, truth } = petctPhantom({ seed: 9, noise: 0, lesions: 0, grids: coarse, ...options });
      let sum = 0;
      let count = 0;
      truth.labels.data.forEach((label, n) => {
        if (label !== aorta) return;
        sum += ct.data[n]!;
        count++;
      });
      return sum / count;
    };
    expect(mean({ sex: 'F', contrast: true }) - mean({ sex: 'F' })).toBeGreaterThan(60);
    const down = petctPhantom({ seed: 9, sex: 'M', arms: 'down', grids: coarse });
    expect(down.truth.dose.sex).toBe('M');
    expect(down.truth.lesions.length).toBeGreaterThanOrEqual(3);
  });

  it('moves the patient between the frames by the given rigid motion', () => {
    const rigidMismatch = { shiftMm: [12, -5, 8], rotationDegrees: [0, 0, 5] } as const;
    const { truth } = petctPhantom({ seed: 4, grids: coarse, rigidMismatch });
    const m = truth.petToCtRigid;
    for (const { petMm, ctMm } of truth.landmarks) {
      for (let row = 0; row < 3; row++) {
        const at = [0, 1, 2].reduce((sum, axis) => sum + m[row * 4 + axis]! * petMm[axis]!, m[row * 4 + 3]!);
        expect(at).toBeCloseTo(ctMm[row]!, 2);
      }
    }
    const turned = Math.acos(m[0]) * (180 / Math.PI);
    expect(turned).toBeCloseTo(5, 6);
  });
});
