import { type DisplacementField, type Grid, resample, type Volume, voxelCount } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { foregroundOf } from '../foreground.ts';
import { keepLongMotion, keepWhereNearer } from './certain-motion.ts';

const grid: Grid = {
  size: [64, 48, 48],
  spacingMm: [4, 4, 4],
  origin: [-126, -94, -94],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** A body of two tissues in a pattern without repetition, on CT and, with values of its own, on PET. */
function images() {
  const ct = new Float32Array(voxelCount(grid));
  const pet = new Float32Array(ct.length);
  let at = 0;
  for (let k = 0; k < 48; k++)
    for (let j = 0; j < 48; j++)
      for (let i = 0; i < 64; i++, at++) {
        const inside = i > 5 && i < 58 && j > 5 && j < 42 && k > 5 && k < 42;
        const waves = Math.sin(i / 3 + Math.sin(j / 5)) + Math.cos(k / 4 + j / 7) + Math.sin(i / 7 + k / 5);
        ct[at] = inside ? (waves > 0.3 ? 60 : -90) : -1000;
        pet[at] = inside ? (waves > 0.3 ? 2.4 : 0.6) : 0.02;
      }
  const fixed: Volume<Float32Array> = { ...grid, data: ct, unit: "[hnsf'U]" };
  return { fixed, pet: { ...grid, data: pet, unit: 'g/ml' } as Volume<Float32Array> };
}

/** Nodes amid blocks of 4³ voxels, with one displacement along x for the right half and one for the left. */
function halves(right: number, left: number): DisplacementField {
  const size = [16, 12, 12] as const;
  const data = new Float32Array(3 * size[0] * size[1] * size[2]);
  for (let n = 0; n < data.length / 3; n++) data[3 * n] = n % 16 < 8 ? right : left;
  return { size, spacingMm: [16, 16, 16], origin: [-120, -88, -88], direction: grid.direction, data };
}

const atNode = ({ data }: DisplacementField, i: number) => data[3 * (i + 16 * (6 + 12 * 6))]!;

describe('what is kept of a displacement', () => {
  it('is the long part of it', () => {
    const field = halves(2, 12);
    keepLongMotion(field, [3, 7]);
    expect(atNode(field, 3)).toBe(0);
    expect(atNode(field, 12)).toBeCloseTo(12, 3);
    // Smooth between them: no step is longer than the one that was there.
    for (let i = 1; i < 16; i++)
      expect(Math.abs(atNode(field, i) - atNode(field, i - 1))).toBeLessThanOrEqual(10);
  });

  it('is what brings two images nearer, and none of the rest', async () => {
    const { fixed, pet } = images();
    // The left half of the PET lies 12 mm further along x: a point x of the fixed image is found at x + 12.
    const moving = await resample(pet, { grid, field: halves(0, -12), interpolation: 'linear' });
    const weight = { ...grid, data: new Uint8Array(voxelCount(grid)).fill(255), unit: '1' };
    const field = halves(12, 12);
    await keepWhereNearer(field, {
      ...{ fixed, moving, fixedWeight: weight, movingWeight: weight, body: foregroundOf(fixed) },
    });
    expect(Math.abs(atNode(field, 4))).toBeLessThan(1);
    expect(atNode(field, 11)).toBeGreaterThan(11);
  });
});
