import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toWorld, voxelCount } from './geometry.ts';
import { sampleAt, sphereMean, statistics } from './statistics.ts';
import { arbitraryGrid, noise, plainGrid, randomMask, rotation, volumeOf } from './test-support.ts';

describe('statistics', () => {
  it('are those of the voxels in the mask', () => {
    const grid = plainGrid([3, 2, 1]);
    const volume = volumeOf(grid, new Int16Array(6), (index) => [2, 4, 4, 4, 5, 100][index]!);
    const mask = volumeOf(grid, new Uint8Array(6), (index) => (index < 5 ? 1 : 0));
    const found = statistics(volume, mask);
    expect(found).toMatchObject({ count: 5, sum: 19, min: 2, max: 5 });
    expect(found.mean).toBeCloseTo(3.8, 12);
    expect(found.sd).toBeCloseTo(Math.sqrt(0.96), 12);
  });

  it('leave out NaN and say so when nothing is left', () => {
    const grid = plainGrid([3, 1, 1]);
    const volume = volumeOf(grid, new Float32Array(3), (index) => [1, Number.NaN, 3][index]!);
    expect(statistics(volume)).toMatchObject({ count: 2, mean: 2, sd: 1 });
    expect(statistics(volume, randomMask(grid, 0))).toMatchObject({ count: 0, mean: Number.NaN, sum: 0 });
  });
});

describe('a value at a place', () => {
  it('is the voxel at its centre, in every orientation', () => {
    fc.assert(
      fc.property(arbitraryGrid(), fc.nat(), (grid, pick) => {
        const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 1000);
        const index = pick % volume.data.length;
        const [ni, nj] = grid.size;
        const ijk = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))] as const;
        expect(sampleAt(volume, toWorld(grid, ijk))).toBeCloseTo(volume.data[index]!, 3);
      }),
    );
  });

  it('is undefined beyond the outer faces', () => {
    const volume = volumeOf(plainGrid([2, 2, 2], [2, 2, 2]), new Uint8Array(8), (index) => index);
    expect(sampleAt(volume, [-0.99, 0, 0])).toBe(0);
    expect(sampleAt(volume, [-1.01, 0, 0])).toBeUndefined();
    expect(sampleAt(volume, [2.99, 2, 2])).toBe(7);
    expect(sampleAt(volume, [1, 1, 1])).toBe(3.5);
  });
});

describe('the mean in a sphere', () => {
  it('weighs voxels by their part inside: the volume of the sphere comes out right', () => {
    const grid = { ...plainGrid([30, 30, 20], [1.3, 1.1, 2]), direction: rotation([0.3, 0.2, 0.1]) };
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), () => 7);
    const found = sphereMean(volume, { centerMm: toWorld(grid, [14.2, 13.7, 9.6]), radiusMm: 6.2035 })!;
    expect(found.mean).toBeCloseTo(7, 9);
    expect(found.sd).toBeCloseTo(0, 5);
    expect(found.volumeMl).toBeGreaterThan(0.99);
    expect(found.volumeMl).toBeLessThan(1.01);
    expect(found.insideFraction).toBeGreaterThan(0.99);
  });

  it('says which part of it lies in the image', () => {
    const volume = volumeOf(plainGrid([20, 20, 20]), new Uint8Array(8000), () => 1);
    const half = sphereMean(volume, { centerMm: [-0.5, 9.5, 9.5], radiusMm: 5 })!;
    expect(half.insideFraction).toBeCloseTo(0.5, 1);
    expect(sphereMean(volume, { centerMm: [-50, 0, 0], radiusMm: 5 })).toBeUndefined();
  });
});
