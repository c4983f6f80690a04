import { describeWithPeers } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussian, gaussianTaps, gradientMagnitude, median } from './filters.ts';
import { toWorld, voxelCount } from './geometry.ts';
import { statistics } from './statistics.ts';
import { arbitraryGrid, largestDifference, noise, plainGrid, runPython, volumeOf } from './test-support.ts';
import type { Vec3, Volume } from './volume.ts';

const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);

/** Σ over the whole block of taps, in double precision. */
function directGaussian(volume: Volume, sigmaMm: Vec3): Float64Array {
  const [ni, nj, nk] = volume.size;
  const taps = sigmaMm.map((mm, axis) => gaussianTaps(mm / volume.spacingMm[axis]!));
  const [rx, ry, rz] = taps.map((t) => t.length - 1) as [number, number, number];
  const out = new Float64Array(volume.data.length);
  for (let index = 0; index < out.length; index++) {
    const [i, j, k] = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
    for (let c = -rz; c <= rz; c++)
      for (let b = -ry; b <= ry; b++)
        for (let a = -rx; a <= rx; a++) {
          const weight = taps[0]![Math.abs(a)]! * taps[1]![Math.abs(b)]! * taps[2]![Math.abs(c)]!;
          out[index]! +=
            weight * volume.data[clamp(i + a, ni) + ni * (clamp(j + b, nj) + nj * clamp(k + c, nk))]!;
        }
  }
  return out;
}

describe('Gaussian smoothing', () => {
  it('equals direct convolution with replicated edges, in mm per axis', async () => {
    const sigma = fc.double({ min: 0, max: 2, noNaN: true });
    await fc.assert(
      fc.asyncProperty(arbitraryGrid(6), fc.tuple(sigma, sigma, sigma), async (grid, sigmaMm) => {
        const volume = volumeOf(grid, new Int16Array(voxelCount(grid)), (index) => noise(index) % 1000);
        const out = await gaussian(volume, { sigmaMm });
        const direct = directGaussian(volume, sigmaMm);
        for (let index = 0; index < direct.length; index++) {
          expect(Math.abs(out.data[index]! - direct[index]!)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves a constant as it is and changes nothing with a sigma of zero', async () => {
    const grid = plainGrid([33, 31, 35], [1, 2, 3]);
    const flat = volumeOf(grid, new Uint16Array(voxelCount(grid)), () => 1234);
    const { min, max } = statistics(await gaussian(flat, { sigmaMm: [5, 4, 3] }));
    expect(min).toBeCloseTo(1234, 2);
    expect(max).toBeCloseTo(1234, 2);
    const rough = volumeOf(grid, new Int16Array(voxelCount(grid)), (index) => noise(index));
    expect([...(await gaussian(rough, { sigmaMm: 0 })).data]).toEqual([...rough.data]);
  });

  it('has weights that add up to one', () => {
    for (const sigma of [0, 0.1, 0.5, 1, 2.7, 20]) {
      const taps = gaussianTaps(sigma);
      expect(taps[0]! + 2 * taps.slice(1).reduce((sum, tap) => sum + tap, 0)).toBeCloseTo(1, 12);
    }
  });

  it('smooths wide kernels in strips without a seam', async () => {
    const grid = plainGrid([260, 250, 40]);
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 100);
    const out = await gaussian(volume, { sigmaMm: [0, 20, 30] });
    // The same columns alone, where no strip is needed.
    const column = volumeOf(
      plainGrid([1, 250, 40]),
      new Float32Array(250 * 40),
      (index) => volume.data[index * 260 + 7]!,
    );
    const alone = await gaussian(column, { sigmaMm: [0, 20, 30] });
    expect(out.data.filter((_, index) => index % 260 === 7)).toEqual(alone.data);
  });
});

describe('gradient magnitude', () => {
  it('is the slope of a linear function, per mm, up to the edges', async () => {
    const grid = plainGrid([34, 33, 32], [0.8, 1.2, 3]);
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => {
      const [x, y, z] = toWorld(grid, [
        index % 34,
        Math.floor(index / 34) % 33,
        Math.floor(index / (34 * 33)),
      ]);
      return 2 * x - 3 * y + 6 * z;
    });
    const { min, max } = statistics(await gradientMagnitude(volume, { sigmaMm: 0 }));
    expect(min).toBeCloseTo(7, 3);
    expect(max).toBeCloseTo(7, 3);
  });

  it('is zero along axes of one voxel', async () => {
    const volume = volumeOf(plainGrid([5, 1, 1], [2, 2, 2]), new Float32Array(5), (index) => index * index);
    expect([...(await gradientMagnitude(volume, { sigmaMm: 0 })).data]).toEqual([0.5, 1, 2, 3, 3.5]);
  });

  it('does not depend on how the volume is split', async () => {
    const grid = plainGrid([20, 90, 40]);
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 100);
    const whole = await gradientMagnitude(volume, { sigmaMm: 1.5 });
    const smooth = await gaussian(volume, { sigmaMm: 1.5 });
    const two = await gradientMagnitude(smooth, { sigmaMm: 0 });
    expect(whole.data).toEqual(two.data);
  });
});

describe('median', () => {
  it('is the middle of the sorted block, edges replicated', async () => {
    const radius = fc.integer({ min: 0, max: 2 });
    await fc.assert(
      fc.asyncProperty(arbitraryGrid(6), fc.tuple(radius, radius, radius), async (grid, reach) => {
        const volume = volumeOf(grid, new Int16Array(voxelCount(grid)), (index) => noise(index) % 50);
        const out = await median(volume, { radius: reach });
        const [ni, nj, nk] = grid.size;
        const [rx, ry, rz] = reach;
        for (let index = 0; index < out.data.length; index++) {
          const [i, j, k] = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
          const block: number[] = [];
          for (let c = -rz; c <= rz; c++)
            for (let b = -ry; b <= ry; b++)
              for (let a = -rx; a <= rx; a++)
                block.push(volume.data[clamp(i + a, ni) + ni * (clamp(j + b, nj) + nj * clamp(k + c, nk))]!);
          block.sort((x, y) => x - y);
          expect(out.data[index]).toBe(block[block.length >> 1]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('removes single voxels and keeps the type', async () => {
    const volume = volumeOf(plainGrid([40, 40, 40]), new Uint16Array(64000), (index) =>
      index % 997 === 0 ? 60000 : 7,
    );
    const out = await median(volume, { radius: 1 });
    expect(out.data).toBeInstanceOf(Uint16Array);
    expect(statistics(out)).toMatchObject({ min: 7, max: 7 });
  });
});

describeWithPeers('filters beside scipy', ['scipy'], () => {
  const grid = plainGrid([37, 41, 33], [1, 1, 1]);
  const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 1000);
  const head = `
import numpy as np, scipy.ndimage as nd
v = np.fromfile('0', np.float32).reshape(33, 41, 37)
`;

  it('smooths as scipy.ndimage.gaussian_filter with mode nearest', async () => {
    const out = await gaussian(volume, { sigmaMm: [1.3, 2, 0.8] });
    const peer = new Float32Array(
      runPython(`${head}nd.gaussian_filter(v, [0.8, 2, 1.3], mode='nearest').tofile('out')`, [volume.data]),
    );
    expect(largestDifference(out.data, peer)).toBeLessThan(2e-3);
  });

  it('takes the median as scipy.ndimage.median_filter', async () => {
    const out = await median(volume, { radius: 1 });
    const peer = new Float32Array(
      runPython(`${head}nd.median_filter(v, 3, mode='nearest').tofile('out')`, [volume.data]),
    );
    expect(out.data).toEqual(peer);
  });
});
