import { describeWithPeers } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Connectivity, components, labelMask, largestComponent } from './components.ts';
import { voxelCount } from './geometry.ts';
import { arbitraryGrid, plainGrid, randomMask, runPython, volumeOf } from './test-support.ts';
import type { Mask } from './volume.ts';

const connectivities: readonly Connectivity[] = [6, 18, 26];

/** Flood fill from each voxel in raster order. */
function floodFill(mask: Mask, connectivity: Connectivity): Int32Array {
  const [ni, nj, nk] = mask.size;
  const labels = new Int32Array(mask.data.length);
  const reach = { 6: 1, 18: 2, 26: 3 }[connectivity];
  let label = 0;
  for (let first = 0; first < labels.length; first++) {
    if (!mask.data[first] || labels[first]) continue;
    labels[first] = ++label;
    const stack = [first];
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      const [i, j, k] = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
      for (let c = Math.max(0, k - 1); c <= Math.min(nk - 1, k + 1); c++)
        for (let b = Math.max(0, j - 1); b <= Math.min(nj - 1, j + 1); b++)
          for (let a = Math.max(0, i - 1); a <= Math.min(ni - 1, i + 1); a++) {
            const near = a + ni * (b + nj * c);
            if (Math.abs(a - i) + Math.abs(b - j) + Math.abs(c - k) > reach) continue;
            if (!mask.data[near] || labels[near]) continue;
            labels[near] = label;
            stack.push(near);
          }
    }
  }
  return labels;
}

describe('connected components', () => {
  it.each(connectivities)('labels as a flood fill does, with %d neighbours', async (connectivity) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryGrid(12),
        fc.integer({ min: 0, max: 100 }),
        fc.nat(),
        async (grid, percent, seed) => {
          const mask = randomMask(grid, percent, seed);
          const { labels, count, sizes } = await components(mask, { connectivity });
          const expected = floodFill(mask, connectivity);
          expect(labels.data).toEqual(expected);
          const counted = new Array<number>(count).fill(0);
          for (const label of expected) if (label > 0) counted[label - 1]! += 1;
          expect(sizes).toEqual(counted);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(connectivities)('joins over the seams of slabs, with %d neighbours', async (connectivity) => {
    // Large planes, so that few fit into one piece of work.
    const grid = plainGrid([512, 384, 40]);
    const mask = randomMask(grid, { 6: 30, 18: 13, 26: 9 }[connectivity]);
    const { labels, sizes } = await components(mask, { connectivity });
    const expected = floodFill(mask, connectivity);
    expect(labels.data.every((label, index) => label === expected[index])).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(mask.data.reduce((sum, value) => sum + value, 0));
  });

  it('follows a spiral through all slabs as one component', async () => {
    const grid = plainGrid([512, 400, 30]);
    const mask = volumeOf(grid, new Uint8Array(voxelCount(grid)), (index) => {
      const [i, j, k] = [index % 512, Math.floor(index / 512) % 400, Math.floor(index / (512 * 400))];
      // Plates of even k, joined at alternating ends.
      return k % 2 === 0 || (i === (k % 4 === 1 ? 511 : 0) && j === 0) ? 1 : 0;
    });
    const { count } = await components(mask, { connectivity: 6 });
    expect(count).toBe(1);
  });

  it('finds nothing in an empty mask', async () => {
    const empty = randomMask(plainGrid([9, 1, 4]), 0);
    const found = await components(empty, { connectivity: 26 });
    expect(found.count).toBe(0);
    expect(found.sizes).toEqual([]);
    expect((await largestComponent(empty, { connectivity: 6 })).data).toEqual(new Uint8Array(36));
  });

  it('picks the largest component, the first of equals', async () => {
    const mask = { ...plainGrid([8, 1, 1]), data: Uint8Array.of(1, 0, 1, 1, 0, 1, 1, 0), unit: '1' };
    expect([...(await largestComponent(mask, { connectivity: 6 })).data]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const { labels } = await components(mask, { connectivity: 6 });
    expect([...labelMask(labels, new Set([1, 3])).data]).toEqual([1, 0, 0, 0, 0, 1, 1, 0]);
    expect(labelMask(labels, [true, false, true])).toEqual(labelMask(labels, new Set([1, 3])));
  });
});

describeWithPeers('components beside scipy', ['scipy'], () => {
  it('numbers components as scipy.ndimage.label does', async () => {
    const grid = plainGrid([70, 60, 50]);
    const mask = randomMask(grid, 28);
    const { labels } = await components(mask, { connectivity: 6 });
    const peer = new Int32Array(
      runPython(
        `
import numpy as np, scipy.ndimage as nd
m = np.fromfile('0', np.uint8).reshape(50, 60, 70)
nd.label(m)[0].astype(np.int32).tofile('out')`,
        [mask.data],
      ),
    );
    expect(labels.data).toEqual(peer);
  });
});
