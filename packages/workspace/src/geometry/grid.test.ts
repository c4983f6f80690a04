import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cross,
  extentAlong,
  type Grid,
  type Mat4,
  moveGrid,
  stepAlong,
  toVoxel,
  toWorld,
  transformPoint,
  type Vec3,
} from './grid.ts';

const angle = fc.double({ min: -3, max: 3, noNaN: true });
const shift = fc.double({ min: -500, max: 500, noNaN: true });

/** A rotation about x, then about z, and a shift. */
const rigid: fc.Arbitrary<Mat4> = fc.tuple(angle, angle, shift, shift, shift).map(([a, b, tx, ty, tz]) => {
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  return [cb, -sb * ca, sb * sa, tx, sb, cb * ca, -cb * sa, ty, 0, sa, ca, tz, 0, 0, 0, 1];
});

const point: fc.Arbitrary<Vec3> = fc.tuple(shift, shift, shift);

function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const grid: Grid = {
  size: [40, 50, 60],
  spacingMm: [2, 3, 4],
  origin: [-10, 20, -30],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('grids', () => {
  it('takes a point to the voxels and back, whatever the orientation', () => {
    fc.assert(
      fc.property(rigid, point, (m, p) => {
        const moved = moveGrid(grid, m);
        expect(distance(toWorld(moved, toVoxel(moved, p)), p)).toBeLessThan(1e-6);
      }),
    );
  });

  it('moves a grid as it moves its points', () => {
    fc.assert(
      fc.property(rigid, (m) => {
        const ijk: Vec3 = [7, 11, 13];
        const expected = transformPoint(m, toWorld(grid, ijk));
        expect(distance(toWorld(moveGrid(grid, m), ijk), expected)).toBeLessThan(1e-6);
      }),
    );
  });

  it('knows how far a volume reaches and how far apart its planes are', () => {
    expect(extentAlong(grid, [0, 0, 1])).toEqual([-30, -30 + 59 * 4]);
    expect(extentAlong(grid, [0, 0, -1])).toEqual([30 - 59 * 4, 30]);
    expect(stepAlong(grid, [0, 0, -1])).toBe(4);
    expect(stepAlong(grid, [1, 0, 0])).toBe(2);
  });

  it('has right-handed axes', () => {
    expect(cross([1, 0, 0], [0, 1, 0])).toEqual([0, 0, 1]);
  });
});
