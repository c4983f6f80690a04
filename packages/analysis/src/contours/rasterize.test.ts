import { type Grid, type Mask, toVoxel, toWorld, type Vec3 } from '@photopeak/imaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orientationNames, orientedGrid } from '../test-support/grids.ts';
import { contoursToFractions, contoursToMask, type PlanarContour } from './index.ts';

const contour = (points: readonly Vec3[], type = 'CLOSED_PLANAR'): PlanarContour => ({
  type,
  points: Float64Array.from(points.flat()),
});

const count = (mask: Mask) => mask.data.reduce((sum, value) => sum + value, 0);

/** A circle on slice k of a grid, in voxels. */
const circle = (grid: Grid, k: number, center: readonly [number, number], radius: number): PlanarContour =>
  contour(
    Array.from({ length: 90 }, (_, step) => {
      const angle = (step / 90) * 2 * Math.PI;
      return toWorld(grid, [center[0] + radius * Math.cos(angle), center[1] + radius * Math.sin(angle), k]);
    }),
  );

const square = (low: number, high: number, z: number): PlanarContour =>
  contour([
    [low, low, z],
    [high, low, z],
    [high, high, z],
    [low, high, z],
  ]);

const unitGrid: Grid = {
  size: [20, 20, 5],
  spacingMm: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

describe('filling contours', () => {
  for (const orientation of orientationNames) {
    it(`becomes the voxels whose centres it holds: ${orientation}`, () => {
      const grid = orientedGrid(orientation, [30, 28, 6]);
      const contours = [1, 2, 3].map((k) => circle(grid, k, [14.3, 12.7], 8.4));
      const mask = contoursToMask(contours, grid);
      for (let at = 0; at < mask.data.length; at++) {
        const [i, j, k] = [at % 30, Math.floor(at / 30) % 28, Math.floor(at / 840)];
        const distance = Math.hypot(i - 14.3, j - 12.7);
        // Between the polygon and the circle nothing is expected.
        if (Math.abs(distance - 8.4) < 0.02) continue;
        expect(mask.data[at], `${i} ${j} ${k}`).toBe(k >= 1 && k <= 3 && distance < 8.4 ? 1 : 0);
      }
    });
  }

  it('has the area of its polygon where vertices lie on voxel centres', () => {
    expect(count(contoursToMask([square(2, 12, 1)], unitGrid))).toBe(100);
  });

  it('has holes: nested contours, keyholes and XOR contours alike', () => {
    const nested = contoursToMask([square(2, 12, 1), square(5, 9, 1)], unitGrid);
    expect(count(nested)).toBe(100 - 16);
    const keyhole = contour([
      [2, 2, 1],
      [5, 5, 1],
      [5, 9, 1],
      [9, 9, 1],
      [9, 5, 1],
      [5, 5, 1],
      [2, 2, 1],
      [12, 2, 1],
      [12, 12, 1],
      [2, 12, 1],
    ]);
    expect(contoursToMask([keyhole], unitGrid).data).toEqual(nested.data);
    const xor = [square(2, 12, 1), square(5, 9, 1)].map((one) => ({ ...one, type: 'CLOSEDPLANAR_XOR' }));
    expect(contoursToMask(xor, unitGrid).data).toEqual(nested.data);
  });

  it('fills the slices between its planes, and no gap', () => {
    const coarse = [square(2, 12, 0), square(2, 12, 2), square(2, 12, 4)];
    const mask = contoursToMask(coarse, unitGrid);
    expect([0, 1, 2, 3, 4].map((k) => mask.data[5 + 20 * (5 + 20 * k)])).toEqual([1, 1, 1, 1, 1]);
    const gap = [square(2, 12, 0), square(2, 12, 1), square(2, 12, 4)];
    const gapped = contoursToMask(gap, unitGrid);
    expect([0, 1, 2, 3, 4].map((k) => gapped.data[5 + 20 * (5 + 20 * k)])).toEqual([1, 1, 0, 0, 1]);
  });

  it('is the same region on a grid that crosses its planes', () => {
    const contours = Array.from({ length: 20 }, (_, z) => square(4, 14, z));
    const sagittal: Grid = {
      size: [20, 20, 20],
      spacingMm: [1, 1, 1],
      origin: [0.5, 0.5, 19],
      direction: [0, 0, 1, 1, 0, 0, 0, -1, 0],
    };
    const mask = contoursToMask(contours, sagittal);
    expect(count(mask)).toBe(10 * 10 * 20);
    const at = toVoxel(sagittal, [4.5, 13.5, 3]).map(Math.round) as unknown as Vec3;
    expect(mask.data[at[0] + 20 * (at[1] + 20 * at[2])]).toBe(1);
  });

  it('encloses nothing by points, lines and open contours', () => {
    const open = contour(
      [
        [1, 1, 1],
        [9, 1, 1],
        [9, 9, 1],
      ],
      'OPEN_PLANAR',
    );
    const point = contour([[1, 1, 1]], 'POINT');
    const line = contour([
      [1, 1, 1],
      [9, 9, 1],
    ]);
    expect(count(contoursToMask([open, point, line], unitGrid))).toBe(0);
    expect(count(contoursToMask([], unitGrid))).toBe(0);
  });

  it('has at most one voxel of error per crossed line, for any convex polygon', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 2.01, max: 8.9, noNaN: true }), { minLength: 5, maxLength: 12 }),
        (radii) => {
          const points = radii.map((_, step): Vec3 => {
            const angle = (step / radii.length) * 2 * Math.PI;
            return [10 + 8.5 * Math.cos(angle), 10 + radii[0]! * Math.sin(angle), 2];
          });
          const area =
            points.reduce((sum, [x, y], index) => {
              const [u, v] = points[(index + 1) % points.length]!;
              return sum + (x * v - u * y);
            }, 0) / 2;
          const found = count(contoursToMask([contour(points)], unitGrid));
          expect(Math.abs(found - area)).toBeLessThan(20);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('the shares of voxels', () => {
  it('are exact for lines along the grid, also where they cut voxels', () => {
    const fractions = contoursToFractions([square(2.25, 12.25, 1), square(5.5, 9.5, 1)], unitGrid);
    const at = (i: number, j: number) => fractions.data[i + 20 * (j + 20)];
    expect([at(2, 7), at(3, 3), at(7, 7), at(12, 4), at(13, 4)]).toEqual([0.25, 1, 0, 0.75, 0]);
    // Across the rows to an eighth of a voxel.
    expect(at(4, 2)).toBe(0.25);
  });

  for (const orientation of orientationNames) {
    it(`sum up to the volume that slabs of the polygon have: ${orientation}`, () => {
      const grid = orientedGrid(orientation, [30, 28, 9]);
      const contours = [2, 3, 4, 5].map((k) => circle(grid, k, [14.3, 12.7], 8.4));
      // The contours lie on slices of a third of the spacing here, none on a centre.
      const fine: Grid = {
        ...grid,
        size: [30, 28, 27],
        spacingMm: [1.5, 2.25, 3.27 / 3],
        origin: toWorld(grid, [0, 0, -0.21]),
      };
      const volume = contoursToFractions(contours, fine).data.reduce((sum, value) => sum + value, 0) / 3;
      const polygon = 45 * Math.sin((2 * Math.PI) / 90) * 8.4 ** 2;
      expect(volume / (4 * polygon)).toBeCloseTo(1, 2);
    });
  }
});
