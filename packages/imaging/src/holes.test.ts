import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crop } from './boxes.ts';
import { components } from './components.ts';
import { voxelCount } from './geometry.ts';
import { fillHoles } from './holes.ts';
import { invertMask } from './morphology.ts';
import { arbitraryGrid, plainGrid, randomMask, volumeOf } from './test-support.ts';
import type { Vec3 } from './volume.ts';

/** A tube along k with a wall of one voxel, open at both ends. */
const tube = volumeOf(plainGrid([7, 7, 5]), new Uint8Array(245), (index) => {
  const [i, j] = [index % 7, Math.floor(index / 7) % 7];
  const ring = Math.max(Math.abs(i - 3), Math.abs(j - 3));
  return ring === 2 ? 1 : 0;
});

describe('hole filling', () => {
  it('fills exactly the background components that touch no edge', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryGrid(10),
        fc.integer({ min: 40, max: 90 }),
        fc.nat(),
        async (grid, percent, seed) => {
          const mask = randomMask(grid, percent, seed);
          const { labels } = await components(invertMask(mask), { connectivity: 6 });
          const [ni, nj, nk] = grid.size;
          const open = new Set<number>();
          const isEdge = (index: number) => {
            const [i, j, k] = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
            return i === 0 || j === 0 || k === 0 || i === ni - 1 || j === nj - 1 || k === nk - 1;
          };
          for (let index = 0; index < voxelCount(grid); index++)
            if (isEdge(index)) open.add(labels.data[index]!);
          const expected = mask.data.map((value, index) => (value || !open.has(labels.data[index]!) ? 1 : 0));
          expect((await fillHoles(mask)).data).toEqual(expected);
        },
      ),
    );
  });

  it('leaves an open tube open, and fills it slice by slice across its axis', async () => {
    expect((await fillHoles(tube)).data).toEqual(tube.data);
    const filled = await fillHoles(tube, { perSlice: 2 });
    expect(filled.data.reduce((sum, value) => sum + value, 0)).toBe(25 * 5);
    expect((await fillHoles(tube, { perSlice: 0 })).data).toEqual(tube.data);
  });

  it.each([0, 1, 2] as const)('fills slices across axis %d as it fills each of them alone', async (axis) => {
    const grid = plainGrid([11, 9, 8]);
    for (let seed = 0; seed < 20; seed++) {
      const mask = randomMask(grid, 65, seed);
      const filled = await fillHoles(mask, { perSlice: axis });
      for (let at = 0; at < grid.size[axis]; at++) {
        const start = [0, 0, 0].map((zero, index) => (index === axis ? at : zero)) as unknown as Vec3;
        const size = grid.size.map((n, index) => (index === axis ? 1 : n)) as unknown as Vec3;
        const slice = crop(mask, { start, size });
        const alone = await fillHoles(slice, { perSlice: axis });
        expect(crop(filled, { start, size }).data).toEqual(alone.data);
        const { labels } = await components(invertMask(slice), { connectivity: 6 });
        const across = ([0, 1, 2] as const).filter((other) => other !== axis);
        const open = new Set<number>();
        for (let index = 0; index < slice.data.length; index++) {
          const place = [
            index % size[0],
            Math.floor(index / size[0]) % size[1],
            Math.floor(index / (size[0] * size[1])),
          ];
          if (across.some((other) => place[other] === 0 || place[other] === size[other] - 1))
            open.add(labels.data[index]!);
        }
        expect(alone.data).toEqual(
          slice.data.map((value, i) => (value || !open.has(labels.data[i]!) ? 1 : 0)),
        );
      }
    }
  });

  it('keeps empty masks empty and full ones full', async () => {
    for (const percent of [0, 100]) {
      const mask = randomMask(plainGrid([5, 1, 6]), percent);
      expect((await fillHoles(mask)).data).toEqual(mask.data);
    }
  });
});
