import { describeWithPeers } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceTransform } from './distance.ts';
import { voxelCount } from './geometry.ts';
import { arbitraryGrid, largestDifference, plainGrid, randomMask, runPython } from './test-support.ts';
import type { Mask } from './volume.ts';

function bruteForce(mask: Mask): Float32Array {
  const [ni, nj] = mask.size;
  const place = (index: number) => [
    (index % ni) * mask.spacingMm[0],
    (Math.floor(index / ni) % nj) * mask.spacingMm[1],
    Math.floor(index / (ni * nj)) * mask.spacingMm[2],
  ];
  const inside = [...mask.data.keys()].filter((index) => mask.data[index]).map(place);
  return Float32Array.from(mask.data, (_, index) => {
    const [x, y, z] = place(index);
    return Math.min(...inside.map((p) => Math.hypot(p[0]! - x!, p[1]! - y!, p[2]! - z!)));
  });
}

describe('distance transform', () => {
  it('finds the nearest voxel of the mask with anisotropic spacing', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryGrid(9),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(),
        async (grid, percent, seed) => {
          const mask = randomMask(grid, percent, seed);
          const { data } = await distanceTransform(mask);
          expect(largestDifference(data, bruteForce(mask))).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is infinite everywhere for an empty mask and zero for a full one', async () => {
    const grid = plainGrid([5, 4, 3]);
    expect(new Set((await distanceTransform(randomMask(grid, 0))).data)).toEqual(
      new Set([Number.POSITIVE_INFINITY]),
    );
    expect(new Set((await distanceTransform(randomMask(grid, 100))).data)).toEqual(new Set([0]));
  });

  it('counts every non-zero label, and NaN as outside', async () => {
    const labels = { ...plainGrid([4, 1, 1]), data: Float32Array.of(Number.NaN, 0, 0, -3), unit: '1' };
    expect([...(await distanceTransform(labels)).data]).toEqual([3, 2, 1, 0]);
  });
});

describeWithPeers('distance transform beside scipy', ['scipy'], () => {
  it('equals scipy.ndimage.distance_transform_edt with sampling', async () => {
    const grid = plainGrid([61, 47, 39], [0.9, 1.7, 3.3]);
    const mask = randomMask(grid, 1);
    const { data } = await distanceTransform(mask);
    const peer = new Float32Array(
      runPython(
        `
import numpy as np, scipy.ndimage as nd
m = np.fromfile('0', np.uint8).reshape(39, 47, 61)
nd.distance_transform_edt(m == 0, sampling=[3.3, 1.7, 0.9]).astype(np.float32).tofile('out')`,
        [mask.data],
      ),
    );
    expect(peer).toHaveLength(voxelCount(grid));
    expect(largestDifference(data, peer)).toBeLessThan(1e-4);
  });
});
