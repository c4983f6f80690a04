import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceTransform } from './distance.ts';
import { voxelCount } from './geometry.ts';
import { closing, dilate, erode, invertMask, opening } from './morphology.ts';
import { arbitraryGrid, plainGrid, randomMask, volumeOf } from './test-support.ts';
import type { Mask } from './volume.ts';

const radius = fc.double({ min: 0, max: 9, noNaN: true });

async function within(mask: Mask, radiusMm: number): Promise<number[]> {
  const { data } = await distanceTransform(mask);
  return Array.from(data, (mm) => (mm <= radiusMm * (1 + 1e-5) ? 1 : 0));
}

describe('morphology with balls in mm', () => {
  it('dilates to the voxels within the radius', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGrid(12), radius, fc.nat(), async (grid, radiusMm, seed) => {
        const mask = randomMask(grid, 5, seed);
        expect([...(await dilate(mask, { radiusMm })).data]).toEqual(await within(mask, radiusMm));
      }),
    );
  });

  it('erodes as the dilation of what is outside; the edge of the volume does not erode', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGrid(12), radius, fc.nat(), async (grid, radiusMm, seed) => {
        const mask = randomMask(grid, 90, seed);
        const outside = await within(invertMask(mask), radiusMm);
        expect([...(await erode(mask, { radiusMm })).data]).toEqual(outside.map((value) => 1 - value));
      }),
    );
    const full = randomMask(plainGrid([9, 9, 9]), 100);
    expect((await erode(full, { radiusMm: 3 })).data).toEqual(new Uint8Array(729).fill(1));
  });

  it('gives the same in tiles as in one piece', async () => {
    const grid = plainGrid([120, 160, 140], [1, 1, 1]);
    const mask = randomMask(grid, 0);
    for (let index = 0; index < mask.data.length; index += 9173) mask.data[index] = 1;
    const tiled = await dilate(mask, { radiusMm: 6 });
    const expected = await within(mask, 6);
    expect(tiled.data.every((value, index) => value === expected[index])).toBe(true);
  });

  it('agrees with the distance transform on rows of many words, with a ball wider than a word', async () => {
    const grid = plainGrid([201, 9, 7], [1, 4, 5]);
    for (const [percent, radiusMm] of [
      [1, 70],
      [20, 2],
      [97, 5],
    ] as const) {
      const mask = randomMask(grid, percent, 3);
      if (percent === 1) mask.data.fill(0, 40);
      expect([...(await dilate(mask, { radiusMm })).data]).toEqual(await within(mask, radiusMm));
      const outside = await within(invertMask(mask), radiusMm);
      expect([...(await erode(mask, { radiusMm })).data]).toEqual(outside.map((value) => 1 - value));
    }
  });

  it('opening removes what is smaller than the ball, closing closes it, both only once', async () => {
    const grid = plainGrid([40, 40, 40]);
    const mask = volumeOf(grid, new Uint8Array(voxelCount(grid)), (index) => {
      const [i, j, k] = [index % 40, Math.floor(index / 40) % 40, Math.floor(index / 1600)];
      const block = Math.min(i, j, k) >= 10 && Math.max(i, j, k) < 30;
      const hole = i === 20 && j === 20 && k === 20;
      const spur = j === 20 && k === 20 && i >= 30;
      return (block && !hole) || spur ? 1 : 0;
    });
    const opened = await opening(mask, { radiusMm: 2 });
    expect(opened.data[35 + 40 * (20 + 40 * 20)]).toBe(0);
    expect(opened.data[12 + 40 * (20 + 40 * 20)]).toBe(1);
    expect((await opening(opened, { radiusMm: 2 })).data).toEqual(opened.data);
    const closed = await closing(mask, { radiusMm: 2 });
    expect(closed.data[20 + 40 * (20 + 40 * 20)]).toBe(1);
    expect((await closing(closed, { radiusMm: 2 })).data).toEqual(closed.data);
    expect(opened.data.every((value, index) => value <= mask.data[index]!)).toBe(true);
    expect(closed.data.every((value, index) => value >= mask.data[index]!)).toBe(true);
  });

  it('keeps an empty mask empty', async () => {
    const empty = randomMask(plainGrid([7, 1, 5]), 0);
    for (const change of [dilate, opening, closing]) {
      expect((await change(empty, { radiusMm: 4 })).data).toEqual(new Uint8Array(35));
    }
  });
});
