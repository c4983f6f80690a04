import { describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { voxelCount } from './geometry.ts';
import { noise, plainGrid, randomMask, runPython, volumeOf } from './test-support.ts';
import { allocateVoxels } from './voxels.ts';
import { watershed } from './watershed.ts';

const grid = plainGrid([45, 37, 29]);
const relief = volumeOf(grid, allocateVoxels('float32', voxelCount(grid)), (index) => {
  const [i, j, k] = [index % 45, Math.floor(index / 45) % 37, Math.floor(index / (45 * 37))];
  return 100 * Math.sin(i / 7) * Math.cos(j / 5) * Math.sin(k / 6) + (noise(index) % 1000) / 500;
});
const markers = volumeOf(grid, allocateVoxels('int32', voxelCount(grid)), (index) =>
  index % 6007 === 300 ? 1 + Math.floor(index / 6007) : 0,
);

describe('watershed', () => {
  it('divides two basins at the ridge between them', async () => {
    const line = volumeOf(
      plainGrid([9, 1, 1]),
      new Int16Array(9),
      (index) => [0, 1, 2, 5, 9, 4, 3, 1, 0][index]!,
    );
    const seeds = volumeOf(plainGrid([9, 1, 1]), new Uint8Array(9), (index) =>
      index === 0 ? 1 : index === 8 ? 2 : 0,
    );
    expect([...(await watershed(line, seeds)).data]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2]);
  });

  it('labels every voxel that a marker reaches within the mask, and none outside', async () => {
    const mask = randomMask(grid, 80);
    const { data } = await watershed(relief, markers, { mask });
    for (let index = 0; index < data.length; index++) {
      if (!mask.data[index]) expect(data[index]).toBe(0);
      else if (markers.data[index]) expect(data[index]).toBe(markers.data[index]);
    }
    expect((await watershed(relief, markers)).data.every((label) => label > 0)).toBe(true);
  });

  it('gives the same labels on a worker as on this thread, each time', async () => {
    const here = await watershed({ ...relief, data: Float32Array.from(relief.data) }, markers);
    const there = await watershed(relief, markers);
    const again = await watershed(relief, markers);
    expect(there.data).toEqual(here.data);
    expect(again.data).toEqual(here.data);
  });

  it('stays empty without markers and floods NaN last', async () => {
    const flat = volumeOf(plainGrid([4, 1, 1]), new Float32Array(4), (index) =>
      index === 2 ? Number.NaN : 0,
    );
    const none = volumeOf(plainGrid([4, 1, 1]), new Uint8Array(4), () => 0);
    expect([...(await watershed(flat, none)).data]).toEqual([0, 0, 0, 0]);
    const ends = volumeOf(plainGrid([4, 1, 1]), new Uint8Array(4), (index) =>
      index === 0 ? 5 : index === 3 ? 6 : 0,
    );
    expect([...(await watershed(flat, ends)).data]).toEqual([5, 5, 6, 6]);
  });

  it('refuses markers of another grid', async () => {
    const other = volumeOf(plainGrid([4, 1, 1]), new Uint8Array(4), () => 0);
    await expect(watershed(relief, other)).rejects.toMatchObject({ code: 'IMAGING_GRID_MISMATCH' });
  });
});

describeWithPeers('watershed beside scikit-image', ['skimage'], () => {
  it('draws the basins of skimage.segmentation.watershed', async () => {
    const { data } = await watershed(relief, markers);
    const peer = new Int32Array(
      runPython(
        `
import numpy as np
from skimage.segmentation import watershed
v = np.fromfile('0', np.float32).reshape(29, 37, 45)
m = np.fromfile('1', np.int32).reshape(29, 37, 45)
watershed(v, m, connectivity=1).astype(np.int32).tofile('out')`,
        [relief.data, markers.data],
      ),
    );
    const differing = data.filter((label, index) => label !== peer[index]).length;
    // Equal heights may be taken in another order.
    expect(differing / data.length).toBeLessThan(0.002);
  });
});
