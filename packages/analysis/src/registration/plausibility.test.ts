import type { Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CtAnatomy, fuse, segmentCtAnatomy } from '../anatomy/index.ts';
import { torsoCt, torsoGrid, torsoPet } from '../test-support/torso.ts';
import { insideBy } from './field-of-view.ts';
import { doubtsOf, plausibilityMeasures } from './plausibility.ts';
import { registrationScore } from './registration-score.ts';

/** The voxels of `volume`, each from where `source` says. */
function rearranged(
  volume: Volume<Float32Array>,
  source: (i: number, j: number, k: number) => readonly [number, number, number],
): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const data = new Float32Array(volume.data.length);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const [x, y, z] = source(i, j, k);
        data[n] = volume.data[x + nx * (y + ny * z)]!;
      }
  return { ...volume, data };
}

describe('what speaks against fusing PET and CT', () => {
  let ct: Volume<Float32Array>;
  let pet: Volume<Float32Array>;
  let anatomy: CtAnatomy;
  beforeAll(async () => {
    ct = await torsoCt(torsoGrid(5));
    pet = await torsoPet(torsoGrid(6));
    anatomy = await segmentCtAnatomy(ct);
  });

  async function doubts(of: Volume<Float32Array>): Promise<string[]> {
    const fused = fuse(anatomy, of);
    const everywhere = { low: ct.origin[0], high: ct.origin[0] + ct.size[0] * ct.spacingMm[0] };
    return doubtsOf(await plausibilityMeasures(fused, insideBy(of, 12), everywhere)).map(({ kind }) => kind);
  }

  it('nothing, where they fit', async () => {
    expect(await doubts(pet)).toEqual([]);
  });

  it.each([
    [0, 'left and right'],
    [1, 'front and back'],
    [2, 'head and feet'],
  ] as const)('one series is mirrored along axis %i', async (axis, words) => {
    const mirrored = rearranged(pet, (...at) => {
      const from: [number, number, number] = [...at];
      from[axis] = pet.size[axis] - 1 - from[axis];
      return from;
    });
    expect(await doubts(mirrored)).toEqual(['flipped']);
    if (axis !== 0) return;
    const result = await registrationScore(ct, mirrored, { anatomy });
    expect(result).toMatchObject({ score: 0, class: 'red', reason: expect.stringContaining(words) });
  });

  it('the patient moved from one bed position to the next', async () => {
    const from = Math.round(pet.size[2] * 0.6);
    const moved = rearranged(pet, (i, j, k) => [k < from ? Math.max(0, i - 2) : i, j, k]);
    expect(await doubts(moved)).toEqual(['moved between beds']);
  });

  it('the CT is too narrow for the body', async () => {
    const [nx, ny, nz] = ct.size;
    const columns = Math.round(280 / ct.spacingMm[0]);
    const first = (nx - columns) >> 1;
    const data = new Float32Array(columns * ny * nz);
    for (let row = 0; row < ny * nz; row++)
      data.set(ct.data.subarray(row * nx + first, row * nx + first + columns), row * columns);
    const origin = [ct.origin[0] + first * ct.spacingMm[0], ct.origin[1], ct.origin[2]] as const;
    const narrow = { ...ct, size: [columns, ny, nz] as const, origin, data };
    const fused = fuse(await segmentCtAnatomy(narrow), pet);
    const edges = { low: origin[0], high: origin[0] + columns * ct.spacingMm[0] };
    const found = doubtsOf(await plausibilityMeasures(fused, insideBy(pet, 12), edges));
    expect(found.map(({ kind }) => kind)).toContain('truncated');
  });
});
