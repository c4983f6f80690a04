import { describe, expect, it } from 'vitest';
import type { Grid } from './grid.ts';
import { brightestAlong, voxelAt } from './sampling.ts';

const grid: Grid = {
  size: [4, 5, 6],
  spacingMm: [2, 2, 2],
  origin: [10, 20, 30],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

function volume() {
  return { ...grid, data: Float32Array.from({ length: 120 }, (_, at) => at) };
}

describe('sampling', () => {
  it('gives the stored value of the voxel that holds the point', () => {
    expect(voxelAt(volume(), [10, 20, 30])).toBe(0);
    expect(voxelAt(volume(), [12.9, 22.9, 32.9])).toBe(1 + 4 * (1 + 5));
    expect(voxelAt(volume(), [16, 28, 40])).toBe(119);
  });

  it('has no value outside', () => {
    expect(voxelAt(volume(), [8.9, 20, 30])).toBeUndefined();
    expect(voxelAt(volume(), [10, 20, 41.1])).toBeUndefined();
  });

  it('finds the brightest voxel on a line of sight, from either side', () => {
    const bright = volume();
    bright.data.fill(1);
    bright.data[2 + 4 * (3 + 5 * 4)] = 9;
    for (const direction of [
      [0, -1, 0],
      [0, 1, 0],
    ] as const) {
      const found = brightestAlong(bright, [14, 0, 38], direction);
      expect(found?.value).toBe(9);
      expect(voxelAt(bright, found!.point)).toBe(9);
    }
  });

  it('finds nothing beside the volume', () => {
    expect(brightestAlong(volume(), [100, 0, 0], [0, 1, 0])).toBeUndefined();
  });
});
