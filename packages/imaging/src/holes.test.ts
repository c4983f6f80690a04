import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { components } from './components.ts';
import { voxelCount } from './geometry.ts';
import { fillHoles } from './holes.ts';
import { invertMask } from './morphology.ts';
import { arbitraryGrid, plainGrid, randomMask, volumeOf } from './test-support.ts';

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

  it('keeps empty masks empty and full ones full', async () => {
    for (const percent of [0, 100]) {
      const mask = randomMask(plainGrid([5, 1, 6]), percent);
      expect((await fillHoles(mask)).data).toEqual(mask.data);
    }
  });
});
