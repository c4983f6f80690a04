import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundingBox, crop, downsample, growBox, maskWhere, maskWithin, pad, threshold } from './boxes.ts';
import { toWorld, voxelCount } from './geometry.ts';
import { sampleAt, statistics } from './statistics.ts';
import { arbitraryGrid, noise, plainGrid, randomMask, volumeOf } from './test-support.ts';

describe('cutting and extending', () => {
  it('keeps every voxel at its place in the patient', () => {
    fc.assert(
      fc.property(
        arbitraryGrid(8),
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (grid, from, n) => {
          const volume = volumeOf(grid, new Int32Array(voxelCount(grid)), (index) => 1 + index);
          const out = pad(volume, { start: [from, from, from], size: [n, n, n] }, -5);
          for (let index = 0; index < out.data.length; index++) {
            const ijk = [index % n, Math.floor(index / n) % n, Math.floor(index / (n * n))] as const;
            const there = sampleAt(volume, toWorld(out, ijk));
            expect(out.data[index]).toBe(there === undefined ? -5 : Math.round(there));
          }
        },
      ),
    );
  });

  it('refuses to cut out more than there is', () => {
    const volume = volumeOf(plainGrid([4, 4, 4]), new Uint8Array(64), () => 0);
    expect(() => crop(volume, { start: [2, 0, 0], size: [3, 4, 4] })).toThrow(
      expect.objectContaining({ code: 'IMAGING_BOX_OUTSIDE' }),
    );
    expect(crop(volume, { start: [2, 0, 0], size: [2, 4, 4] }).origin).toEqual([2, 0, 0]);
  });

  it('finds the smallest box around a mask', () => {
    const grid = plainGrid([9, 8, 7]);
    const mask = volumeOf(grid, new Uint8Array(504), (index) =>
      index === 2 + 9 * (3 + 8 * 4) || index === 5 + 9 * 6 ? 1 : 0,
    );
    expect(boundingBox(mask)).toEqual({ start: [2, 3, 0], size: [4, 4, 5] });
    expect(boundingBox(randomMask(grid, 0))).toBeUndefined();
    expect(growBox({ start: [2, 3, 0], size: [4, 4, 5] }, [1, 10, 1], grid)).toEqual({
      start: [1, 0, 0],
      size: [6, 8, 6],
    });
  });
});

describe('downsampling', () => {
  it('averages blocks and puts their centres where they belong', () => {
    const volume = volumeOf(plainGrid([6, 4, 2], [1, 2, 3]), new Int16Array(48), (index) => index % 6);
    const half = downsample(volume, [2, 2, 2]);
    expect([...half.data]).toEqual([0.5, 2.5, 4.5, 0.5, 2.5, 4.5]);
    expect(half).toMatchObject({ size: [3, 2, 1], spacingMm: [2, 4, 6], origin: [0.5, 1, 1.5] });
  });

  it('keeps the mean where sizes divide, and axes shorter than the factor', () => {
    const volume = volumeOf(plainGrid([8, 8, 1]), new Float32Array(64), (index) => noise(index) % 100);
    const small = downsample(volume, [4, 4, 4]);
    expect(small.size).toEqual([2, 2, 1]);
    expect(statistics(small).mean).toBeCloseTo(statistics(volume).mean, 4);
  });
});

describe('masks by value', () => {
  it('include both limits and never NaN', () => {
    const volume = volumeOf(
      plainGrid([5, 1, 1]),
      new Float32Array(5),
      (index) => [1, 2, Number.NaN, 4, 5][index]!,
    );
    expect([...threshold(volume, 2, 4).data]).toEqual([0, 1, 0, 1, 0]);
    expect([...threshold(volume, 4).data]).toEqual([0, 0, 0, 1, 1]);
    const fives = maskWhere(volume, (value) => value === 5);
    expect([...fives.data]).toEqual([0, 0, 0, 0, 1]);
    const asked: number[] = [];
    const within = maskWithin(threshold(volume, 3), (index) => {
      asked.push(index);
      return volume.data[index] === 5;
    });
    expect(within).toEqual(fives);
    expect(asked).toEqual([...threshold(volume, 3).data.keys()].filter((index) => volume.data[index]! >= 3));
  });
});
