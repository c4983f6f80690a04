import { emptyVolume, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { leftDoubt, leftOver } from './left-over.ts';

const GRID = {
  size: [30, 30, 20],
  spacingMm: [4, 4, 4],
  origin: [-60, -60, 100],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const CENTRE: Vec3 = [15, 15, 10];

/** Uptake of `around`, with a ball of 10 mm of `left` where a lesion of 14 mm was. */
function petWith(around: number, left: number): { readonly pet: Volume; readonly points: readonly Vec3[] } {
  const pet = emptyVolume(GRID, 'float32', '{SUVbw}g/ml');
  const points: Vec3[] = [];
  for (let k = 0; k < 20; k++)
    for (let j = 0; j < 30; j++)
      for (let i = 0; i < 30; i++) {
        const mm = 4 * Math.hypot(i - CENTRE[0], j - CENTRE[1], k - CENTRE[2]);
        pet.data[i + 30 * (j + 30 * k)] = mm <= 10 ? left : around;
        if (mm <= 14) points.push(toWorld(pet, [i, j, k]));
      }
  return { pet, points };
}

const doubt = (around: number, left: number): string | null => {
  const { pet, points } = petWith(around, left);
  return leftDoubt(pet, points, leftOver(pet, points));
};

describe('what is left of a lesion that is not found any more', () => {
  it('is doubted to be gone where it stands out from what lies around, whatever that is', () => {
    expect(doubt(0.5, 3.8)).toMatch(/^uptake is there now, SUVmax 3\.80, .* times what lies around it/);
    expect(doubt(0.5, 0.8)).toBeNull();
    expect(doubt(2.4, 3.8)).toBeNull();
  });

  it('is nothing that could be told where the PET does not reach', () => {
    const { pet, points } = petWith(0.5, 3.8);
    const beyond = points.map(([x, y, z]): Vec3 => [x, y, z + 500]);
    expect(leftOver(pet, beyond)).toBeNull();
    expect(leftDoubt(pet, beyond, null)).toBeNull();
  });
});
