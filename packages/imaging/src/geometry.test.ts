import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGrid, createVolume } from './create.ts';
import {
  gridCenter,
  identity,
  invert,
  multiply,
  sameGrid,
  toVoxel,
  toWorld,
  transformPoint,
  translation,
  voxelToWorld,
  voxelVolumeMl,
  withSpacing,
  worldToVoxel,
} from './geometry.ts';
import { arbitraryGrid, plainGrid } from './test-support.ts';
import type { Vec3 } from './volume.ts';

const coordinate = fc.double({ min: -300, max: 300, noNaN: true });
const point: fc.Arbitrary<Vec3> = fc.tuple(coordinate, coordinate, coordinate);

function expectClose(found: readonly number[], expected: readonly number[], digits: number): void {
  expect(found).toHaveLength(expected.length);
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index]!, digits);
}

describe('voxels and patient space', () => {
  it('returns to the same voxel in every orientation', () => {
    fc.assert(
      fc.property(arbitraryGrid(), point, (grid, ijk) => {
        const back = toVoxel(grid, toWorld(grid, ijk));
        expectClose(back, ijk, 8);
      }),
    );
  });

  it('has inverse matrices whose product is the identity', () => {
    fc.assert(
      fc.property(arbitraryGrid(), (grid) => {
        const product = multiply(worldToVoxel(grid), voxelToWorld(grid));
        expectClose(product, identity, 9);
      }),
    );
  });

  it('applies the right factor of a product first', () => {
    const scale = voxelToWorld(plainGrid([1, 1, 1], [2, 3, 4]));
    expect(transformPoint(multiply(translation([1, 1, 1]), scale), [1, 1, 1])).toEqual([3, 4, 5]);
    expect(transformPoint(multiply(scale, translation([1, 1, 1])), [1, 1, 1])).toEqual([4, 6, 8]);
  });

  it('steps along the columns of the direction', () => {
    const grid = {
      ...plainGrid([4, 4, 4], [2, 3, 5], [10, 20, 30]),
      direction: [0, 0, 1, 1, 0, 0, 0, 1, 0] as const,
    };
    expect(toWorld(grid, [1, 0, 0])).toEqual([10, 22, 30]);
    expect(toWorld(grid, [0, 1, 0])).toEqual([10, 20, 33]);
    expect(toWorld(grid, [0, 0, 1])).toEqual([15, 20, 30]);
  });

  it('refuses a matrix that cannot be inverted', () => {
    expect(() => invert([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toThrow(
      expect.objectContaining({ code: 'IMAGING_SINGULAR_MATRIX' }),
    );
  });

  it('compares grids by the places of their voxels', () => {
    const grid = plainGrid([100, 100, 50], [1, 1, 3]);
    expect(sameGrid(grid, { ...grid, spacingMm: [1.000001, 1, 3] })).toBe(true);
    expect(sameGrid(grid, { ...grid, spacingMm: [1.001, 1, 3] })).toBe(false);
    expect(sameGrid(grid, { ...grid, origin: [0.01, 0, 0] })).toBe(false);
    expect(sameGrid(grid, { ...grid, origin: [0.01, 0, 0] }, 0.1)).toBe(true);
    expect(sameGrid(grid, { ...grid, size: [100, 100, 51] })).toBe(false);
  });

  it('keeps the centre and the extent when the spacing changes', () => {
    fc.assert(
      fc.property(arbitraryGrid(40), fc.double({ min: 0.5, max: 3, noNaN: true }), (grid, mm) => {
        const coarse = withSpacing(grid, [mm, mm, mm]);
        expectClose(gridCenter(coarse), gridCenter(grid), 6);
        coarse.size.forEach((n, axis) => {
          const lost = Math.abs(n * mm - grid.size[axis]! * grid.spacingMm[axis]!);
          expect(n === 1 || lost <= mm / 2 + 1e-9).toBe(true);
        });
      }),
    );
  });

  it('knows the volume of a voxel', () => {
    fc.assert(
      fc.property(arbitraryGrid(), (grid) => {
        const [i, j, k] = grid.spacingMm;
        expect(voxelVolumeMl(grid)).toBeCloseTo((i * j * k) / 1000, 9);
      }),
    );
  });
});

describe('volumes that make no sense', () => {
  const grid = plainGrid([2, 2, 2]);
  it.each([
    ['a size of zero', { ...grid, size: [2, 0, 2] as const }],
    ['half a voxel', { ...grid, size: [2, 1.5, 2] as const }],
    ['no spacing', { ...grid, spacingMm: [1, 1, 0] as const }],
    ['a spacing that is not a number', { ...grid, spacingMm: [1, Number.NaN, 1] as const }],
    ['an origin that is not a number', { ...grid, origin: [0, Number.NaN, 0] as const }],
    ['axes that are no unit vectors', { ...grid, direction: [2, 0, 0, 0, 1, 0, 0, 0, 1] as const }],
  ])('refuses %s', (_name, wrong) => {
    expect(() => checkGrid(wrong)).toThrow(expect.objectContaining({ code: 'IMAGING_GRID_INVALID' }));
  });

  it('refuses voxels that do not fill the grid', () => {
    expect(() => createVolume(grid, new Int16Array(7), '1')).toThrow(
      expect.objectContaining({ code: 'IMAGING_DATA_LENGTH' }),
    );
  });
});
